// SPDX-License-Identifier: GPL-2.0-or-later
/* Watching: nothing is lost silently, nothing is told twice. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

static struct vfiomig *ctx;
static struct vfiomig_watch *watch;

static struct nl_msg *device(uint32_t id, uint64_t value)
{
	struct nl_msg *msg;
	char name[16];

	snprintf(name, sizeof(name), "sim%u", id);
	msg = object(id, "sim", NULL, name);
	add_u64(msg, "value", value);
	return msg;
}

static int setup(void **state)
{
	kernel_reset(state);
	kernel_add(VFIOMIG_DEVICE, device(1, 0));
	kernel_add(VFIOMIG_TYPE, object(2, "mdev", "p", "t"));
	kernel_add(VFIOMIG_DEVICE, device(3, 0));
	/* it stands still, but for what the tests do to it */
	kernel.clock = 1000000;
	ctx = vfiomig_new();
	watch = NULL;
	return 0;
}

static int teardown(void **state)
{
	vfiomig_watch_free(watch);
	vfiomig_free(ctx);
	return kernel_clean(state);
}

static const struct vfiomig_event *next(void)
{
	const struct vfiomig_event *event;

	if (vfiomig_watch_next(watch, &event))
		fail_msg("%s", vfiomig_last_error(ctx)->message);
	return event;
}

static void silent(void)
{
	const struct vfiomig_event *event = next();

	if (event)
		fail_msg("unexpected %s", vfiomig_event_name(event->kind));
}

/* The next event is of that kind, and about that object, 0 for none. */
static const struct vfiomig_event *expect(enum vfiomig_event_kind kind,
					  uint32_t id, uint64_t seq)
{
	const struct vfiomig_event *event = next();

	assert_non_null(event);
	assert_string_equal(vfiomig_event_name(event->kind),
			    vfiomig_event_name(kind));
	assert_int_equal(event->object ? vfiomig_object_id(event->object) : 0,
			 id);
	assert_int_equal(event->seq, seq);
	return event;
}

static const struct vfiomig_event *expect_resync(enum vfiomig_event_kind kind,
						 uint32_t id, uint64_t seq)
{
	const struct vfiomig_event *event = expect(kind, id, seq);

	assert_true(event->resync);
	assert_false(event->snapshot);
	return event;
}

static void begin(bool snapshot)
{
	assert_int_equal(vfiomig_watch_new(ctx, snapshot, &watch), 0);
}

static uint64_t value_of(const struct vfiomig_object *object)
{
	return vfiomig_object_find(object, "value")->u64;
}

static void test_quiet(void **state)
{
	(void)state;
	begin(false);
	silent();
	silent();
}

static void test_snapshot(void **state)
{
	(void)state;
	begin(true);
	assert_true(expect(VFIOMIG_EVENT_ADD, 1, 1)->snapshot);
	assert_true(expect(VFIOMIG_EVENT_ADD, 2, 2)->snapshot);
	assert_true(expect(VFIOMIG_EVENT_ADD, 3, 3)->snapshot);
	assert_false(expect(VFIOMIG_EVENT_SYNCED, 0, 3)->snapshot);
	silent();
	kernel_add(VFIOMIG_DEVICE, device(4, 0));
	assert_false(expect(VFIOMIG_EVENT_ADD, 4, 4)->snapshot);
}

static void test_events(void **state)
{
	const struct vfiomig_event *event;

	(void)state;
	begin(false);
	silent();
	kernel_add(VFIOMIG_DEVICE, device(4, 0));
	kernel_change(VFIOMIG_DEVICE, device(4, 7));
	kernel_del(VFIOMIG_DEVICE, 1);
	kernel_del(VFIOMIG_TYPE, 2);

	event = expect(VFIOMIG_EVENT_ADD, 4, 4);
	assert_false(event->resync);
	assert_null(event->old);
	event = expect(VFIOMIG_EVENT_CHANGE, 4, 5);
	assert_int_equal(value_of(event->old), 0);
	assert_int_equal(value_of(event->object), 7);
	expect(VFIOMIG_EVENT_DEL, 1, 6);
	event = expect(VFIOMIG_EVENT_DEL, 2, 7);
	assert_int_equal(vfiomig_object_kind(event->object), VFIOMIG_TYPE);
	silent();
}

/* What happens while the objects are asked for. */
static void meanwhile(void)
{
	kernel.before_dump = NULL;
	kernel.after_dump = NULL;
	kernel_add(VFIOMIG_DEVICE, device(4, 0));
	kernel_change(VFIOMIG_DEVICE, device(1, 5));
	kernel_del(VFIOMIG_DEVICE, 3);
	kernel_add(VFIOMIG_DEVICE, device(5, 0));
	kernel_change(VFIOMIG_DEVICE, device(5, 1));
	kernel_del(VFIOMIG_DEVICE, 5);
}

/* Told with the objects already, so none of it is told again as an event. */
static void test_before_dump(void **state)
{
	(void)state;
	kernel.before_dump = meanwhile;
	begin(true);
	expect(VFIOMIG_EVENT_ADD, 1, 5);
	expect(VFIOMIG_EVENT_ADD, 2, 2);
	expect(VFIOMIG_EVENT_ADD, 4, 4);
	expect(VFIOMIG_EVENT_SYNCED, 0, 3);
	/* one that came and went in the meantime is told, for it was there */
	expect(VFIOMIG_EVENT_ADD, 5, 7);
	expect(VFIOMIG_EVENT_CHANGE, 5, 8);
	expect(VFIOMIG_EVENT_DEL, 5, 9);
	silent();
}

/* Not told with the objects, so all of it is told as events. */
static void test_after_dump(void **state)
{
	(void)state;
	kernel.after_dump = meanwhile;
	begin(true);
	expect(VFIOMIG_EVENT_ADD, 1, 1);
	expect(VFIOMIG_EVENT_ADD, 2, 2);
	expect(VFIOMIG_EVENT_ADD, 3, 3);
	expect(VFIOMIG_EVENT_SYNCED, 0, 3);
	expect(VFIOMIG_EVENT_ADD, 4, 4);
	expect(VFIOMIG_EVENT_CHANGE, 1, 5);
	expect(VFIOMIG_EVENT_DEL, 3, 6);
	expect(VFIOMIG_EVENT_ADD, 5, 7);
	expect(VFIOMIG_EVENT_CHANGE, 5, 8);
	expect(VFIOMIG_EVENT_DEL, 5, 9);
	silent();
}

/* Some are lost: the rest is no substitute, so everything is asked for. */
static void lose_some(void)
{
	kernel_del(VFIOMIG_DEVICE, 1);
	kernel_change(VFIOMIG_DEVICE, device(3, 9));
	kernel_add(VFIOMIG_DEVICE, device(4, 0));
}

static void expect_what_was_lost(uint64_t seq)
{
	const struct vfiomig_event *event;

	event = expect(VFIOMIG_EVENT_OVERRUN, 0, 3);
	assert_false(event->resync);
	expect_resync(VFIOMIG_EVENT_DEL, 1, seq);
	event = expect_resync(VFIOMIG_EVENT_CHANGE, 3, 5);
	assert_int_equal(value_of(event->old), 0);
	assert_int_equal(value_of(event->object), 9);
	expect_resync(VFIOMIG_EVENT_ADD, 4, 6);
	expect(VFIOMIG_EVENT_SYNCED, 0, seq);
	silent();

	kernel_change(VFIOMIG_DEVICE, device(4, 1));
	assert_false(expect(VFIOMIG_EVENT_CHANGE, 4, seq + 1)->resync);
	silent();
}

static void test_gap(void **state)
{
	(void)state;
	begin(false);
	silent();
	kernel.mute = true;
	lose_some();
	kernel.mute = false;
	kernel_change(VFIOMIG_TYPE, object(2, "mdev", "p", "t"));
	expect_what_was_lost(7);
}

static void test_overflow(void **state)
{
	(void)state;
	begin(false);
	silent();
	kernel_overflow();
	lose_some();
	expect_what_was_lost(6);
}

/*
 * After an overflow nothing arrives until the socket is empty. What happens
 * while the objects are asked for is lost, too, unless it was emptied before.
 */
static void late(void)
{
	kernel.after_dump = NULL;
	kernel_change(VFIOMIG_DEVICE, device(1, 3));
}

static void test_overflow_while_full(void **state)
{
	(void)state;
	begin(false);
	silent();
	kernel_change(VFIOMIG_DEVICE, device(1, 1));
	kernel_change(VFIOMIG_DEVICE, device(1, 2));
	kernel_overflow();
	kernel_del(VFIOMIG_DEVICE, 3);
	kernel.after_dump = late;
	expect(VFIOMIG_EVENT_OVERRUN, 0, 3);
	/* who is gone is told first */
	expect_resync(VFIOMIG_EVENT_DEL, 3, 6);
	expect_resync(VFIOMIG_EVENT_CHANGE, 1, 5);
	expect(VFIOMIG_EVENT_SYNCED, 0, 6);
	expect(VFIOMIG_EVENT_CHANGE, 1, 7);
	silent();
}

/* Nothing has changed in the end: nothing is told but that it was looked. */
static void test_overflow_for_nothing(void **state)
{
	(void)state;
	begin(false);
	silent();
	kernel_overflow();
	kernel_change(VFIOMIG_DEVICE, device(1, 1));
	kernel_change(VFIOMIG_DEVICE, device(1, 0));
	expect(VFIOMIG_EVENT_OVERRUN, 0, 3);
	expect(VFIOMIG_EVENT_SYNCED, 0, 5);
	silent();
}

static void test_bad_message(void **state)
{
	struct nlmsghdr nlh = {
		.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = 0x21
	};
	char rest[100] = { 0 };

	(void)state;
	begin(false);
	silent();

	/* no command */
	nlh.nlmsg_type = kernel.family;
	kernel_send(&nlh, sizeof(nlh));
	expect(VFIOMIG_EVENT_OVERRUN, 0, 3);
	expect(VFIOMIG_EVENT_SYNCED, 0, 3);
	silent();

	/* shorter than it says */
	kernel.clock += 10000;
	nlh.nlmsg_len = 60;
	memcpy(rest, &nlh, sizeof(nlh));
	kernel_send(rest, 40);
	expect(VFIOMIG_EVENT_OVERRUN, 0, 3);
	expect(VFIOMIG_EVENT_SYNCED, 0, 3);
	silent();

	/* an event without attributes */
	kernel.clock += 10000;
	nlh.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	memcpy(rest, &nlh, sizeof(nlh));
	rest[NLMSG_HDRLEN] = VFIO_MIG_CMD_DEV_ADD_NTF;
	kernel_send(rest, NLMSG_HDRLEN + GENL_HDRLEN);
	expect(VFIOMIG_EVENT_OVERRUN, 0, 3);
	expect(VFIOMIG_EVENT_SYNCED, 0, 3);
	silent();

	/* no event at all, and of no family that is watched */
	rest[NLMSG_HDRLEN] = 99;
	kernel_send(rest, NLMSG_HDRLEN + GENL_HDRLEN);
	nlh.nlmsg_type = 0x7777;
	memcpy(rest, &nlh, sizeof(nlh));
	rest[NLMSG_HDRLEN] = VFIO_MIG_CMD_DEV_ADD_NTF;
	kernel_send(rest, NLMSG_HDRLEN + GENL_HDRLEN);
	silent();
}

/* An event that cannot follow from what is known. */
static void test_contradiction(void **state)
{
	(void)state;
	begin(false);
	silent();
	/* 4 changes, but nobody has heard of it */
	kernel.mute = true;
	kernel_add(VFIOMIG_DEVICE, device(4, 0));
	kernel.seq--;
	kernel.mute = false;
	kernel_change(VFIOMIG_DEVICE, device(4, 1));
	expect(VFIOMIG_EVENT_OVERRUN, 0, 4);
	expect_resync(VFIOMIG_EVENT_ADD, 4, 4);
	expect(VFIOMIG_EVENT_SYNCED, 0, 4);
	silent();
}

static void test_module(void **state)
{
	(void)state;
	begin(false);
	silent();
	kernel_unload();
	expect(VFIOMIG_EVENT_FAMILY_GONE, 0, 3);
	silent();
	silent();
	kernel_load();
	kernel_add(VFIOMIG_DEVICE, device(1, 0));
	expect(VFIOMIG_EVENT_FAMILY_BACK, 0, 0);
	expect_resync(VFIOMIG_EVENT_ADD, 1, 1);
	expect(VFIOMIG_EVENT_SYNCED, 0, 1);
	silent();
	kernel_add(VFIOMIG_DEVICE, device(2, 0));
	assert_false(expect(VFIOMIG_EVENT_ADD, 2, 2)->resync);
	silent();
}

/* Gone and back before anybody has looked. */
static void test_module_quickly(void **state)
{
	(void)state;
	begin(false);
	silent();
	kernel_unload();
	kernel_load();
	kernel_unload();
	kernel_load();
	kernel_add(VFIOMIG_DEVICE, device(1, 0));
	expect(VFIOMIG_EVENT_FAMILY_GONE, 0, 3);
	expect(VFIOMIG_EVENT_FAMILY_BACK, 0, 0);
	expect_resync(VFIOMIG_EVENT_ADD, 1, 1);
	expect(VFIOMIG_EVENT_SYNCED, 0, 1);
	silent();
}

/* That it was gone was lost: another instance says so. */
static void test_module_unnoticed(void **state)
{
	(void)state;
	begin(false);
	silent();
	kernel_overflow();
	kernel_unload();
	kernel_load();
	kernel_add(VFIOMIG_DEVICE, device(1, 0));
	expect(VFIOMIG_EVENT_OVERRUN, 0, 3);
	expect(VFIOMIG_EVENT_FAMILY_GONE, 0, 3);
	expect(VFIOMIG_EVENT_FAMILY_BACK, 0, 0);
	expect_resync(VFIOMIG_EVENT_ADD, 1, 1);
	expect(VFIOMIG_EVENT_SYNCED, 0, 1);
	silent();
}

static void unload(void)
{
	kernel.after_dump = NULL;
	kernel_unload();
}

/* It goes while its objects are asked for. */
static void test_module_in_mid_sync(void **state)
{
	(void)state;
	kernel.after_dump = unload;
	begin(true);
	expect(VFIOMIG_EVENT_FAMILY_GONE, 0, 0);
	silent();
	kernel_load();
	expect(VFIOMIG_EVENT_FAMILY_BACK, 0, 0);
	expect(VFIOMIG_EVENT_SYNCED, 0, 0);
	silent();
}

static void test_module_not_there(void **state)
{
	(void)state;
	kernel_unload();
	assert_int_equal(vfiomig_watch_new(ctx, false, &watch), -ENOENT);
	assert_int_equal(vfiomig_last_error(ctx)->cause,
			 VFIOMIG_CAUSE_FAMILY);
	watch = NULL;
}

/* ----------------------------------------------------------------- pauses */

static bool readable(int timeout)
{
	struct pollfd pfd = {
		.fd = vfiomig_watch_fd(watch), .events = POLLIN
	};

	return poll(&pfd, 1, timeout) == 1;
}

/* It is told of at once, and then not looked into for so many milliseconds. */
static void expect_pause(uint64_t ms)
{
	uint64_t most = ms * 3 / 4;
	int requests;

	kernel_overflow();
	expect(VFIOMIG_EVENT_OVERRUN, 0, kernel.seq);
	if (ms) {
		requests = kernel.requests;
		/* the file tells the time by another clock: not too close */
		kernel.clock += most;
		for (int i = 0; i < 3; i++) {
			silent();
			kernel_overflow();
			assert_false(readable(0));
		}
		kernel.clock += ms - most - 1;
		silent();
		assert_int_equal(kernel.requests, requests);
		kernel.clock++;
	}
	expect(VFIOMIG_EVENT_SYNCED, 0, kernel.seq);
	silent();
	assert_false(readable(0));
}

/* Who is too slow is not made even slower. */
static void test_pauses(void **state)
{
	static const uint64_t pauses[] = {
		0, 1000, 2000, 4000, 8000, 8000, 8000
	};

	(void)state;
	begin(false);
	silent();
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++)
		expect_pause(pauses[i]);

	/* events are awaited as ever */
	kernel_change(VFIOMIG_DEVICE, device(1, 1));
	assert_true(readable(0));
	expect(VFIOMIG_EVENT_CHANGE, 1, 4);

	/* who has kept up for a while begins anew */
	kernel.clock += 8000;
	expect_pause(0);
	expect_pause(1000);
	kernel.clock += 1000;
	expect_pause(1000);
}

static void sleepy(void)
{
	kernel.clock += 1500;
}

/* Asking for much takes long, and is not done without end either. */
static void test_long_dumps(void **state)
{
	(void)state;
	begin(false);
	silent();
	expect_pause(0);
	kernel.before_dump = sleepy;
	expect_pause(1000);
	expect_pause(3000);
	kernel.before_dump = NULL;
	expect_pause(6000);
	expect_pause(8000);
}

/* Nobody need look at the clock: the file says when it is time. */
static void test_alarm(void **state)
{
	(void)state;
	begin(false);
	silent();
	expect_pause(0);
	kernel_overflow();
	expect(VFIOMIG_EVENT_OVERRUN, 0, 3);
	silent();
	assert_false(readable(0));
	assert_true(readable(20000));
	kernel.clock += 1000;
	expect(VFIOMIG_EVENT_SYNCED, 0, 3);
	silent();
	assert_false(readable(0));
}

/* What happens in a pause is told after it, in one. */
static void test_events_in_a_pause(void **state)
{
	(void)state;
	begin(false);
	silent();
	expect_pause(0);
	kernel.mute = true;
	lose_some();
	kernel.mute = false;
	kernel_change(VFIOMIG_TYPE, object(2, "mdev", "p", "t"));
	expect(VFIOMIG_EVENT_OVERRUN, 0, 3);
	silent();
	kernel_del(VFIOMIG_TYPE, 2);
	kernel.clock += 1000;
	expect_resync(VFIOMIG_EVENT_DEL, 1, 8);
	expect_resync(VFIOMIG_EVENT_DEL, 2, 8);
	expect_resync(VFIOMIG_EVENT_CHANGE, 3, 5);
	expect_resync(VFIOMIG_EVENT_ADD, 4, 6);
	expect(VFIOMIG_EVENT_SYNCED, 0, 8);
	silent();
}

/* The module goes in a pause: that is found out after it. */
static void test_module_in_a_pause(void **state)
{
	(void)state;
	begin(false);
	silent();
	expect_pause(0);
	kernel_overflow();
	expect(VFIOMIG_EVENT_OVERRUN, 0, 3);
	silent();
	kernel_unload();
	silent();
	kernel.clock += 1000;
	expect(VFIOMIG_EVENT_FAMILY_GONE, 0, 3);
	silent();
	/* and that it is back, without one */
	kernel_load();
	assert_true(readable(0));
	expect(VFIOMIG_EVENT_FAMILY_BACK, 0, 0);
	expect(VFIOMIG_EVENT_SYNCED, 0, 0);
}

/* --------------------------------------------- while the kernel is asked */

static void test_never_still(void **state)
{
	(void)state;
	begin(true);
	kernel.interrupt = 1000;
	expect(VFIOMIG_EVENT_ADD, 1, 1);
	expect(VFIOMIG_EVENT_ADD, 2, 2);
	expect(VFIOMIG_EVENT_ADD, 3, 3);
	expect(VFIOMIG_EVENT_SYNCED, 0, 3);
	silent();
	/* it was not asked for more than it could tell */
	assert_int_equal(kernel.interrupt, 998);
}

/* A device under the name of another one. */
static struct nl_msg *renamed(uint32_t id, const char *name)
{
	return object(id, "sim", NULL, name);
}

/* Gone, and back at once with another number. */
static void come_back(void)
{
	kernel.in_dump = NULL;
	kernel_del(VFIOMIG_DEVICE, 1);
	kernel_add(VFIOMIG_DEVICE, renamed(7, "sim1"));
}

/* Both are told by one dump: there is only one of them. */
static void test_back_in_mid_dump(void **state)
{
	(void)state;
	kernel.in_dump = come_back;
	begin(true);
	expect(VFIOMIG_EVENT_ADD, 2, 2);
	expect(VFIOMIG_EVENT_ADD, 3, 3);
	expect(VFIOMIG_EVENT_ADD, 7, 5);
	expect(VFIOMIG_EVENT_SYNCED, 0, 3);
	silent();
}

static void come_back_twice(void)
{
	kernel.before_dump = NULL;
	kernel_del(VFIOMIG_DEVICE, 1);
	kernel_add(VFIOMIG_DEVICE, renamed(6, "sim1"));
	kernel_change(VFIOMIG_DEVICE, renamed(6, "sim1"));
	kernel_del(VFIOMIG_DEVICE, 6);
	kernel_add(VFIOMIG_DEVICE, renamed(7, "sim1"));
}

/* The one in between is not told of after the one that came after it. */
static void test_back_twice(void **state)
{
	(void)state;
	kernel.before_dump = come_back_twice;
	begin(true);
	expect(VFIOMIG_EVENT_ADD, 2, 2);
	expect(VFIOMIG_EVENT_ADD, 3, 3);
	expect(VFIOMIG_EVENT_ADD, 7, 8);
	expect(VFIOMIG_EVENT_SYNCED, 0, 3);
	silent();
	kernel_del(VFIOMIG_DEVICE, 7);
	expect(VFIOMIG_EVENT_DEL, 7, 9);
	silent();
}

/* An object has grown, the kernel says: ask again. */
static void test_grown(void **state)
{
	(void)state;
	begin(true);
	kernel.refusal = (struct refusal) {
		.cmd = VFIO_MIG_CMD_DEV_GET, .err = EMSGSIZE, .done = true,
	};
	silent();
	assert_int_equal(kernel.refusal.err, EMSGSIZE);
	memset(&kernel.refusal, 0, sizeof(kernel.refusal));
	silent();
	kernel.clock += 1000;
	assert_true(expect(VFIOMIG_EVENT_ADD, 1, 1)->snapshot);
}

/* Something has happened that no attribute shows. */
static void test_same_again(void **state)
{
	const struct vfiomig_attr *before, *now;
	const struct vfiomig_event *event;
	size_t cursor[2] = { 0, 0 };

	(void)state;
	begin(false);
	silent();
	kernel_change(VFIOMIG_DEVICE, device(1, 0));
	event = expect(VFIOMIG_EVENT_CHANGE, 1, 4);
	assert_non_null(event->old);
	assert_false(vfiomig_change_next(event, cursor, &before, &now));
	silent();
}

static void test_buffer(void **state)
{
	(void)state;
	begin(false);
	assert_int_equal(vfiomig_watch_set_buffer(watch, 12345), 0);
	assert_int_equal(kernel.buffer, 12345);
	/* what this kernel refuses */
	assert_int_equal(vfiomig_watch_set_buffer(watch, 7), -EPERM);
	assert_non_null(strstr(vfiomig_last_error(ctx)->message, "buffer"));
	silent();
}

static void test_refused(void **state)
{
	const struct vfiomig_event *event;

	(void)state;
	begin(true);
	kernel.refusal = (struct refusal) {
		.cmd = VFIO_MIG_CMD_DEV_GET, .err = ENOMEM,
	};
	assert_int_equal(vfiomig_watch_next(watch, &event), -ENOMEM);
	assert_int_equal(vfiomig_watch_next(watch, &event), -ENOMEM);
}

/* Who has watched for long goes on once there is memory again. */
static void test_no_memory(void **state)
{
	static const int errors[] = { ENOMEM, ENOBUFS };
	const struct vfiomig_event *event;
	int requests;

	(void)state;
	begin(false);
	silent();
	for (int i = 0; i < 2; i++) {
		kernel.clock += 100000;
		kernel.refusal = (struct refusal) {
			.cmd = VFIO_MIG_CMD_DEV_GET, .err = errors[i],
			.done = i,
		};
		kernel_overflow();
		kernel_change(VFIOMIG_DEVICE, device(1, 1 + i));
		expect(VFIOMIG_EVENT_OVERRUN, 0, 3 + i);
		silent();
		/* not at once, and not too often */
		requests = kernel.requests;
		silent();
		assert_int_equal(kernel.requests, requests);
		kernel.clock += 1000;
		silent();
		assert_true(kernel.requests > requests);

		memset(&kernel.refusal, 0, sizeof(kernel.refusal));
		silent();
		kernel.clock += 8000;
		event = expect_resync(VFIOMIG_EVENT_CHANGE, 1, 4 + i);
		assert_int_equal(value_of(event->object), 1 + i);
		expect(VFIOMIG_EVENT_SYNCED, 0, 4 + i);
		silent();
	}

	/* what will not pass is told */
	kernel.clock += 100000;
	kernel.refusal = (struct refusal) {
		.cmd = VFIO_MIG_CMD_DEV_GET, .err = EINVAL,
	};
	kernel_overflow();
	expect(VFIOMIG_EVENT_OVERRUN, 0, 5);
	assert_int_equal(vfiomig_watch_next(watch, &event), -EINVAL);
}

/* The objects as a reader of the events knows them. */
#define MODEL 64
static uint64_t model[MODEL];

static void follow(const struct vfiomig_event *event)
{
	uint32_t id;

	if (!event->object ||
	    vfiomig_object_kind(event->object) != VFIOMIG_DEVICE)
		return;
	id = vfiomig_object_id(event->object);
	if (event->kind == VFIOMIG_EVENT_ADD)
		assert_int_equal(model[id], 0);
	else
		assert_int_not_equal(model[id], 0);
	if (event->kind == VFIOMIG_EVENT_CHANGE)
		assert_int_equal(model[id], value_of(event->old));
	model[id] = event->kind == VFIOMIG_EVENT_DEL ?
		    0 : value_of(event->object);
}

/* One thing that happens to a random device. */
static void happen(uint64_t there[MODEL], unsigned int *seed, uint64_t value)
{
	uint32_t id = 4 + rand_r(seed) % (MODEL - 4);

	kernel.mute = rand_r(seed) % 20 == 0;
	if (rand_r(seed) % 50 == 0)
		kernel_overflow();
	if (!there[id]) {
		kernel_add(VFIOMIG_DEVICE, device(id, value));
		there[id] = value;
	} else if (rand_r(seed) % 2) {
		kernel_change(VFIOMIG_DEVICE, device(id, value));
		there[id] = value;
	} else {
		kernel_del(VFIOMIG_DEVICE, id);
		there[id] = 0;
	}
	kernel.mute = false;
}

/*
 * Devices come and go, some of it is lost: the reader of the events never
 * hears what cannot be, and knows in the end what there is.
 */
static void test_storm(void **state)
{
	uint64_t there[MODEL] = { 0, 1, 0, 1 };
	const struct vfiomig_event *event;
	unsigned int seed = 1;

	(void)state;
	memset(model, 0, sizeof(model));
	kernel_change(VFIOMIG_DEVICE, device(1, 1));
	kernel_change(VFIOMIG_DEVICE, device(3, 1));
	begin(true);
	for (uint64_t i = 1; i < 20000; i++) {
		happen(there, &seed, i);
		for (int n = rand_r(&seed) % 4; n; n--) {
			event = next();
			if (event)
				follow(event);
		}
		kernel.clock += rand_r(&seed) % 1000;
	}
	/* one more event, in case the last ones were lost without a trace */
	kernel_change(VFIOMIG_DEVICE, device(1, 2));
	there[1] = 2;
	while ((event = next()))
		follow(event);
	kernel.clock += 10000;
	while ((event = next()))
		follow(event);
	assert_memory_equal(model, there, sizeof(there));
}

/*
 * The same with numbers that are never used twice, as the kernel gives them:
 * @there are the numbers by the names, of which there are few.
 */
#define NAMES 8
static uint32_t there[NAMES], known[NAMES];
static uint32_t last_id;
static unsigned int moods;

static void move(void)
{
	unsigned int n = rand_r(&moods) % NAMES;
	char name[16];

	snprintf(name, sizeof(name), "sim%u", n + 100);
	kernel.mute = rand_r(&moods) % 30 == 0;
	if (rand_r(&moods) % 60 == 0)
		kernel_overflow();
	if (!there[n]) {
		there[n] = ++last_id;
		kernel_add(VFIOMIG_DEVICE, renamed(there[n], name));
	} else if (rand_r(&moods) % 4) {
		kernel_del(VFIOMIG_DEVICE, there[n]);
		there[n] = 0;
	} else {
		kernel_change(VFIOMIG_DEVICE, renamed(there[n], name));
	}
	kernel.mute = false;
}

static void move_much(void)
{
	for (int n = rand_r(&moods) % 6; n; n--)
		move();
}

/* A reader who knows devices by their names alone. */
static void follow_name(const struct vfiomig_event *event)
{
	unsigned int n;
	uint32_t id;

	if (!event->object ||
	    sscanf(vfiomig_object_handle(event->object), "sim/sim%u",
		   &n) != 1 || n < 100)
		return;
	n -= 100;
	id = vfiomig_object_id(event->object);
	assert_int_equal(known[n], event->kind == VFIOMIG_EVENT_ADD ? 0 : id);
	known[n] = event->kind == VFIOMIG_EVENT_DEL ? 0 : id;
}

static void test_storm_of_names(void **state)
{
	const struct vfiomig_event *event;

	(void)state;
	memset(there, 0, sizeof(there));
	memset(known, 0, sizeof(known));
	last_id = 10;
	moods = 1;
	kernel.before_dump = move_much;
	kernel.in_dump = move_much;
	kernel.after_dump = move_much;
	begin(true);
	for (int i = 0; i < 20000; i++) {
		move();
		for (int n = rand_r(&moods) % 4; n; n--) {
			event = next();
			if (event)
				follow_name(event);
		}
		kernel.clock += rand_r(&moods) % 1000;
	}
	kernel.before_dump = NULL;
	kernel.in_dump = NULL;
	kernel.after_dump = NULL;
	kernel_change(VFIOMIG_DEVICE, device(1, 2));
	for (int i = 0; i < 2; i++) {
		while ((event = next()))
			follow_name(event);
		kernel.clock += 10000;
	}
	assert_memory_equal(known, there, sizeof(there));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_quiet),
		TEST(test_snapshot),
		TEST(test_events),
		TEST(test_before_dump),
		TEST(test_after_dump),
		TEST(test_gap),
		TEST(test_overflow),
		TEST(test_overflow_while_full),
		TEST(test_overflow_for_nothing),
		TEST(test_bad_message),
		TEST(test_contradiction),
		TEST(test_module),
		TEST(test_module_quickly),
		TEST(test_module_unnoticed),
		TEST(test_module_in_mid_sync),
		TEST(test_module_not_there),
		TEST(test_pauses),
		TEST(test_long_dumps),
		TEST(test_alarm),
		TEST(test_events_in_a_pause),
		TEST(test_module_in_a_pause),
		TEST(test_never_still),
		TEST(test_back_in_mid_dump),
		TEST(test_back_twice),
		TEST(test_grown),
		TEST(test_same_again),
		TEST(test_buffer),
		TEST(test_refused),
		TEST(test_no_memory),
		TEST(test_storm),
		TEST(test_storm_of_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
