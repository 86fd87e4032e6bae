// SPDX-License-Identifier: GPL-2.0-or-later
/* Watching other network namespaces: each for itself, none of it twice. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define HOME VMIG_HOME

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

static void add_in(int32_t nsid, uint32_t id)
{
	kernel.nsid = nsid;
	kernel_add(VFIOMIG_DEVICE, device(id, 0));
	kernel.nsid = HOME;
}

static void change(uint32_t id, uint64_t value)
{
	kernel_change(VFIOMIG_DEVICE, device(id, value));
}

/* One that can be asked, and one without a name, which cannot. */
static int setup(void **state)
{
	kernel_reset(state);
	kernel_add_netns(5, "vm5");
	kernel_add_netns(7, NULL);
	add_in(HOME, 1);
	add_in(5, 2);
	add_in(HOME, 3);
	add_in(7, 4);
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

static void begin(bool snapshot)
{
	assert_int_equal(vfiomig_watch_new(ctx, snapshot, &watch), 0);
	assert_int_equal(vfiomig_watch_all_netns(watch), 0);
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

/* The next event is of that kind, and about that object, 0 for none, there. */
static const struct vfiomig_event *expect(enum vfiomig_event_kind kind,
					  uint32_t id, int32_t nsid,
					  uint64_t seq)
{
	const struct vfiomig_event *event = next();

	assert_non_null(event);
	assert_string_equal(vfiomig_event_name(event->kind),
			    vfiomig_event_name(kind));
	assert_int_equal(event->object ? vfiomig_object_id(event->object) : 0,
			 id);
	assert_int_equal(event->nsid, nsid);
	assert_int_equal(event->seq, seq);
	assert_false(event->snapshot);
	if (nsid == 5)
		assert_string_equal(event->netns, "vm5");
	else if (nsid == HOME || nsid == 7)
		assert_null(event->netns);
	return event;
}

/* As it was told by the kernel. */
static const struct vfiomig_event *live(enum vfiomig_event_kind kind,
					uint32_t id, int32_t nsid, uint64_t seq)
{
	const struct vfiomig_event *event = expect(kind, id, nsid, seq);

	assert_false(event->resync);
	return event;
}

/* Made out by comparison. */
static const struct vfiomig_event *made_out(enum vfiomig_event_kind kind,
					    uint32_t id, int32_t nsid,
					    uint64_t seq)
{
	const struct vfiomig_event *event = expect(kind, id, nsid, seq);

	assert_true(event->resync);
	return event;
}

static void synced(int32_t nsid, uint64_t seq)
{
	assert_false(live(VFIOMIG_EVENT_SYNCED, 0, nsid, seq)->partial);
}

static void partial(int32_t nsid, uint64_t seq)
{
	assert_true(live(VFIOMIG_EVENT_SYNCED, 0, nsid, seq)->partial);
}

static void begin_quietly(void)
{
	begin(false);
	silent();
}

static uint64_t value_of(const struct vfiomig_object *object)
{
	return vfiomig_object_find(object, "value")->u64;
}

static void test_rights(void **state)
{
	(void)state;
	kernel.closed = true;
	assert_int_equal(vfiomig_watch_new(ctx, false, &watch), 0);
	assert_int_equal(vfiomig_watch_all_netns(watch), -EPERM);
	assert_int_equal(vfiomig_last_error(ctx)->cause,
			 VFIOMIG_CAUSE_PERMISSION);
	assert_non_null(strstr(vfiomig_last_error(ctx)->message,
			       "CAP_NET_BROADCAST"));
}

static void test_too_late(void **state)
{
	(void)state;
	begin_quietly();
	assert_int_equal(vfiomig_watch_all_netns(watch), -EINVAL);
	silent();
}

/* Who does not want to hear of others hears of none. */
static void test_own_alone(void **state)
{
	(void)state;
	assert_int_equal(vfiomig_watch_new(ctx, false, &watch), 0);
	silent();
	change(2, 1);
	change(4, 1);
	kernel_move(1, 5);
	live(VFIOMIG_EVENT_DEL, 1, HOME, 3);
	kernel_move(2, HOME);
	live(VFIOMIG_EVENT_ADD, 2, HOME, 4);
	silent();
}

static const struct vfiomig_event *snapshot(uint32_t id, int32_t nsid)
{
	const struct vfiomig_event *event = next();

	assert_non_null(event);
	assert_int_equal(event->kind, VFIOMIG_EVENT_ADD);
	assert_true(event->snapshot);
	assert_int_equal(vfiomig_object_id(event->object), id);
	assert_int_equal(event->nsid, nsid);
	return event;
}

static void test_snapshot(void **state)
{
	(void)state;
	begin(true);
	snapshot(1, HOME);
	snapshot(3, HOME);
	assert_string_equal(snapshot(2, 5)->netns, "vm5");
	synced(5, 1);
	partial(7, 0);
	synced(HOME, 2);
	silent();
}

/* Numbered in each, and apart. */
static void test_events(void **state)
{
	const struct vfiomig_event *event;

	(void)state;
	begin_quietly();
	change(2, 7);
	change(1, 1);
	add_in(5, 8);
	kernel_del(VFIOMIG_DEVICE, 2);
	kernel_del(VFIOMIG_DEVICE, 3);
	event = live(VFIOMIG_EVENT_CHANGE, 2, 5, 2);
	assert_int_equal(value_of(event->old), 0);
	assert_int_equal(value_of(event->object), 7);
	live(VFIOMIG_EVENT_CHANGE, 1, HOME, 3);
	live(VFIOMIG_EVENT_ADD, 8, 5, 3);
	live(VFIOMIG_EVENT_DEL, 2, 5, 4);
	live(VFIOMIG_EVENT_DEL, 3, HOME, 4);
	silent();
}

static void test_moves(void **state)
{
	(void)state;
	begin_quietly();
	kernel_move(1, 5);
	kernel_move(1, 7);
	kernel_move(1, HOME);
	live(VFIOMIG_EVENT_DEL, 1, HOME, 3);
	live(VFIOMIG_EVENT_ADD, 1, 5, 2);
	live(VFIOMIG_EVENT_DEL, 1, 5, 3);
	live(VFIOMIG_EVENT_ADD, 1, 7, 2);
	live(VFIOMIG_EVENT_DEL, 1, 7, 3);
	live(VFIOMIG_EVENT_ADD, 1, HOME, 4);
	silent();
}

/* What was there is told when something happens to it. */
static void test_blind(void **state)
{
	const struct vfiomig_event *event;

	(void)state;
	add_in(7, 9);
	begin_quietly();
	change(4, 1);
	made_out(VFIOMIG_EVENT_ADD, 4, 7, 3);
	change(4, 2);
	event = live(VFIOMIG_EVENT_CHANGE, 4, 7, 4);
	assert_int_equal(value_of(event->old), 1);
	kernel_del(VFIOMIG_DEVICE, 9);
	made_out(VFIOMIG_EVENT_ADD, 9, 7, 5);
	live(VFIOMIG_EVENT_DEL, 9, 7, 5);
	add_in(7, 10);
	live(VFIOMIG_EVENT_ADD, 10, 7, 6);
	kernel_move(4, HOME);
	live(VFIOMIG_EVENT_DEL, 4, 7, 7);
	live(VFIOMIG_EVENT_ADD, 4, HOME, 3);
	silent();
}

/* Something is lost: it is told, and that is all that can be done. */
static void test_gap_where_blind(void **state)
{
	const struct vfiomig_event *event;

	(void)state;
	begin_quietly();
	add_in(7, 10);
	live(VFIOMIG_EVENT_ADD, 10, 7, 2);
	kernel.mute = true;
	change(10, 1);
	kernel_move(10, HOME);
	kernel_move(10, 7);
	kernel.mute = false;
	change(10, 2);
	live(VFIOMIG_EVENT_OVERRUN, 0, 7, 2);
	partial(7, 2);
	event = live(VFIOMIG_EVENT_CHANGE, 10, 7, 6);
	assert_int_equal(value_of(event->old), 0);
	silent();
	/* it was away unheard */
	kernel.mute = true;
	kernel_move(10, 5);
	kernel.mute = false;
	kernel_move(10, 7);
	/* 5 has missed that it came, and asks later */
	live(VFIOMIG_EVENT_OVERRUN, 0, 5, 1);
	live(VFIOMIG_EVENT_OVERRUN, 0, 7, 6);
	partial(7, 6);
	made_out(VFIOMIG_EVENT_CHANGE, 10, 7, 8);
	synced(5, 3);
	silent();
}

/* It concerns that one alone. */
static void test_gap(void **state)
{
	(void)state;
	begin_quietly();
	kernel.mute = true;
	change(2, 1);
	add_in(5, 8);
	kernel.mute = false;
	change(2, 2);
	change(1, 1);
	live(VFIOMIG_EVENT_OVERRUN, 0, 5, 1);
	live(VFIOMIG_EVENT_CHANGE, 1, HOME, 3);
	made_out(VFIOMIG_EVENT_CHANGE, 2, 5, 4);
	made_out(VFIOMIG_EVENT_ADD, 8, 5, 3);
	synced(5, 4);
	silent();
	change(8, 1);
	live(VFIOMIG_EVENT_CHANGE, 8, 5, 5);
	silent();
}

/* It is not known whose events were lost. */
static void test_overflow(void **state)
{
	(void)state;
	begin_quietly();
	add_in(7, 10);
	live(VFIOMIG_EVENT_ADD, 10, 7, 2);
	kernel_overflow();
	change(1, 1);
	change(2, 1);
	kernel_move(3, 5);
	kernel_move(10, HOME);
	live(VFIOMIG_EVENT_OVERRUN, 0, HOME, 2);
	/* first who has left, then who has come */
	made_out(VFIOMIG_EVENT_DEL, 3, HOME, 5);
	made_out(VFIOMIG_EVENT_DEL, 10, 7, 2);
	made_out(VFIOMIG_EVENT_CHANGE, 1, HOME, 3);
	made_out(VFIOMIG_EVENT_ADD, 10, HOME, 5);
	made_out(VFIOMIG_EVENT_CHANGE, 2, 5, 2);
	made_out(VFIOMIG_EVENT_ADD, 3, 5, 3);
	synced(5, 3);
	partial(7, 2);
	synced(HOME, 5);
	silent();
}

static void test_new_one(void **state)
{
	(void)state;
	begin_quietly();
	kernel_add_netns(8, "vm8");
	add_in(8, 20);
	/* that it came is not told again as an event */
	made_out(VFIOMIG_EVENT_ADD, 20, 8, 1);
	synced(8, 1);
	silent();
	kernel_move(20, HOME);
	assert_string_equal(live(VFIOMIG_EVENT_DEL, 20, 8, 2)->netns, "vm8");
	live(VFIOMIG_EVENT_ADD, 20, HOME, 3);
	silent();

	kernel_add_netns(9, NULL);
	partial(9, 0);
	add_in(9, 21);
	live(VFIOMIG_EVENT_ADD, 21, 9, 1);
	silent();
}

/* The file can be waited for in all this. */
static bool readable(void)
{
	struct pollfd pfd = {
		.fd = vfiomig_watch_fd(watch), .events = POLLIN
	};

	return poll(&pfd, 1, 0) == 1;
}

static void test_wait(void **state)
{
	(void)state;
	begin_quietly();
	assert_false(readable());
	kernel_add_netns(8, "vm8");
	assert_true(readable());
	synced(8, 0);
	silent();
	assert_false(readable());
	change(2, 1);
	assert_true(readable());
	live(VFIOMIG_EVENT_CHANGE, 2, 5, 2);
	silent();
	/* in a pause numbers are told as well, and do not keep anybody busy */
	for (int i = 0; i < 2; i++) {
		kernel_overflow();
		live(VFIOMIG_EVENT_OVERRUN, 0, HOME, 2);
		if (i)
			break;
		synced(5, 2);
		partial(7, 0);
		synced(8, 0);
		synced(HOME, 2);
		silent();
	}
	silent();
	kernel_kill_netns(5);
	assert_true(readable());
	made_out(VFIOMIG_EVENT_DEL, 2, 5, 2);
	silent();
	assert_false(readable());
	kernel.clock += 1000;
	made_out(VFIOMIG_EVENT_ADD, 2, HOME, 3);
	partial(7, 0);
	synced(8, 0);
	synced(HOME, 3);
	silent();
}

/* That its devices leave it is not told, but that they come home. */
static void test_death(void **state)
{
	(void)state;
	begin_quietly();
	kernel_kill_netns(5);
	made_out(VFIOMIG_EVENT_DEL, 2, 5, 1);
	live(VFIOMIG_EVENT_ADD, 2, HOME, 3);
	silent();
	add_in(7, 10);
	live(VFIOMIG_EVENT_ADD, 10, 7, 2);
	kernel_kill_netns(7);
	/* nobody has heard that 4 was there */
	live(VFIOMIG_EVENT_ADD, 4, HOME, 4);
	made_out(VFIOMIG_EVENT_DEL, 10, 7, 2);
	live(VFIOMIG_EVENT_ADD, 10, HOME, 5);
	silent();
}

/* The number is given anew before anybody has looked. */
static void test_heir(void **state)
{
	(void)state;
	begin_quietly();
	change(2, 1);
	kernel_kill_netns(5);
	kernel_add_netns(5, "heir");
	kernel_move(1, 5);
	live(VFIOMIG_EVENT_CHANGE, 2, 5, 2);
	made_out(VFIOMIG_EVENT_DEL, 2, 5, 2);
	live(VFIOMIG_EVENT_ADD, 2, HOME, 3);
	live(VFIOMIG_EVENT_DEL, 1, HOME, 4);
	assert_string_equal(next()->netns, "heir");
	assert_string_equal(next()->netns, "heir");
	silent();
	kernel_move(1, HOME);
	assert_string_equal(next()->netns, "heir");
	live(VFIOMIG_EVENT_ADD, 1, HOME, 5);
	silent();
}

static void test_closed(void **state)
{
	(void)state;
	begin(true);
	kernel.closed = true;
	snapshot(1, HOME);
	snapshot(3, HOME);
	partial(5, 0);
	partial(7, 0);
	synced(HOME, 2);
	change(2, 1);
	made_out(VFIOMIG_EVENT_ADD, 2, 5, 2);
	silent();
	/* the next time it is open: what was told before is compared */
	kernel.closed = false;
	add_in(5, 8);
	live(VFIOMIG_EVENT_ADD, 8, 5, 3);
	kernel_overflow();
	kernel_del(VFIOMIG_DEVICE, 2);
	live(VFIOMIG_EVENT_OVERRUN, 0, HOME, 2);
	made_out(VFIOMIG_EVENT_DEL, 2, 5, 4);
	synced(5, 4);
	partial(7, 0);
	synced(HOME, 2);
	silent();
}

/* A name is not known any more, or is another one's. */
static void test_renamed(void **state)
{
	(void)state;
	begin(true);
	for (int i = 0; i < 6; i++)
		next();
	silent();
	kernel_name_netns(5, NULL);
	kernel_name_netns(7, "vm5");
	kernel.mute = true;
	change(2, 1);
	kernel.mute = false;
	change(2, 2);
	live(VFIOMIG_EVENT_OVERRUN, 0, 5, 1);
	partial(5, 1);
	change(2, 3);
	live(VFIOMIG_EVENT_CHANGE, 2, 5, 4);
	silent();
}

static void test_module(void **state)
{
	(void)state;
	begin_quietly();
	kernel_unload();
	live(VFIOMIG_EVENT_FAMILY_GONE, 0, HOME, 2);
	silent();
	kernel_add_netns(8, "vm8");
	silent();
	kernel_load();
	add_in(HOME, 1);
	add_in(5, 2);
	live(VFIOMIG_EVENT_FAMILY_BACK, 0, HOME, 0);
	made_out(VFIOMIG_EVENT_ADD, 1, HOME, 1);
	made_out(VFIOMIG_EVENT_ADD, 2, 5, 1);
	synced(5, 1);
	partial(7, 0);
	synced(8, 0);
	synced(HOME, 1);
	silent();
	add_in(7, 3);
	live(VFIOMIG_EVENT_ADD, 3, 7, 1);
	silent();
}

/* Gone and back while one of the others is asked. */
static void reload(void)
{
	kernel.after_dump = NULL;
	kernel_unload();
	kernel_load();
	add_in(5, 1);
}

static void test_module_in_mid_sync(void **state)
{
	(void)state;
	begin_quietly();
	kernel_add_netns(8, "vm8");
	kernel.after_dump = reload;
	live(VFIOMIG_EVENT_FAMILY_GONE, 0, HOME, 2);
	live(VFIOMIG_EVENT_FAMILY_BACK, 0, HOME, 0);
	made_out(VFIOMIG_EVENT_ADD, 1, 5, 1);
	synced(5, 1);
	partial(7, 0);
	synced(8, 0);
	synced(HOME, 0);
	silent();
}

static void test_lost_numbers(void **state)
{
	(void)state;
	begin_quietly();
	kernel_kill_netns(7);
	kernel_add_netns(8, "vm8");
	kernel_kill_netns(5);
	kernel_lose_nsids();
	live(VFIOMIG_EVENT_ADD, 4, HOME, 3);
	made_out(VFIOMIG_EVENT_DEL, 2, 5, 1);
	live(VFIOMIG_EVENT_ADD, 2, HOME, 4);
	live(VFIOMIG_EVENT_OVERRUN, 0, HOME, 4);
	synced(8, 0);
	synced(HOME, 4);
	silent();
}

static void wander(void)
{
	kernel.after_dump = NULL;
	kernel_move(1, 5);
}

/* It is found where it was, and where it has gone to. */
static void test_move_in_mid_sync(void **state)
{
	(void)state;
	kernel.after_dump = wander;
	begin(true);
	snapshot(3, HOME);
	snapshot(1, 5);
	snapshot(2, 5);
	synced(5, 2);
	partial(7, 0);
	synced(HOME, 2);
	silent();
	kernel_move(1, HOME);
	live(VFIOMIG_EVENT_DEL, 1, 5, 3);
	live(VFIOMIG_EVENT_ADD, 1, HOME, 4);
	silent();
}

/* ------------------------------------------------------------------ storms */

#define DEVICES 24
#define IDS 8192
#define NETS 5
#define NOWHERE -2

/* Where the kernel has them, and where a reader of the events believes them. */
static int32_t place[IDS], believed[IDS];
static uint64_t held[IDS], told[IDS];
/* The devices that there are, by their ids, which never come again. */
static uint32_t devices[DEVICES], last_id;
/* Of each number whether there is such a namespace. */
static bool lives[NETS];
static unsigned int moods;
static uint64_t last_value;

static int32_t anywhere(void)
{
	int32_t nsid = (int32_t)(rand_r(&moods) % (NETS + 1)) - 1;

	return nsid < 0 || lives[nsid] ? nsid : HOME;
}

/* Numbers are given anew, as the kernel does, to namespaces of other names. */
static void live_and_die(void)
{
	static unsigned int births;
	int32_t nsid = rand_r(&moods) % NETS;
	char name[16];

	if (!lives[nsid]) {
		snprintf(name, sizeof(name), "ns%u", births++);
		kernel_add_netns(nsid, name);
		lives[nsid] = true;
		return;
	}
	kernel_kill_netns(nsid);
	lives[nsid] = false;
	for (int i = 0; i < DEVICES; i++)
		if (place[devices[i]] == nsid)
			place[devices[i]] = HOME;
}

static void happen(void)
{
	unsigned int i = rand_r(&moods) % DEVICES, what = rand_r(&moods) % 16;
	uint32_t id = devices[i];

	if (what == 0) {
		live_and_die();
	} else if (place[id] == NOWHERE) {
		id = ++last_id;
		assert_true(id < IDS);
		devices[i] = id;
		place[id] = anywhere();
		held[id] = ++last_value;
		kernel.nsid = place[id];
		kernel_add(VFIOMIG_DEVICE, device(id, held[id]));
		kernel.nsid = HOME;
	} else if (what == 1) {
		kernel_del(VFIOMIG_DEVICE, id);
		place[id] = NOWHERE;
	} else if (what < 8) {
		int32_t to = anywhere();

		if (to != place[id])
			kernel_move(id, to);
		place[id] = to;
	} else {
		held[id] = ++last_value;
		change(id, held[id]);
	}
}

static void happen_much(void)
{
	for (int n = rand_r(&moods) % 4; n; n--)
		happen();
}

static void follow(const struct vfiomig_event *event)
{
	uint32_t id;

	if (!event->object)
		return;
	id = vfiomig_object_id(event->object);
	if (event->kind == VFIOMIG_EVENT_ADD) {
		assert_int_equal(believed[id], NOWHERE);
	} else {
		assert_int_equal(believed[id], event->nsid);
		if (event->kind == VFIOMIG_EVENT_CHANGE)
			assert_int_equal(told[id], value_of(event->old));
	}
	believed[id] = event->kind == VFIOMIG_EVENT_DEL ? NOWHERE : event->nsid;
	told[id] = value_of(event->object);
}

static void follow_all(void)
{
	const struct vfiomig_event *event;

	while ((event = next()))
		follow(event);
}

static void begin_storm(unsigned int seed)
{
	for (uint32_t id = 1; id < 5; id++)
		kernel_del(VFIOMIG_DEVICE, id);
	kernel_kill_netns(5);
	kernel_kill_netns(7);
	for (int i = 0; i < IDS; i++) {
		place[i] = NOWHERE;
		believed[i] = NOWHERE;
	}
	memset(devices, 0, sizeof(devices));
	memset(lives, false, sizeof(lives));
	last_id = 0;
	moods = seed;
	kernel.before_dump = happen_much;
	kernel.in_dump = happen_much;
	kernel.after_dump = happen_much;
	begin(true);
}

static void end_storm(void)
{
	kernel.before_dump = NULL;
	kernel.in_dump = NULL;
	kernel.after_dump = NULL;
}

static void agree(void)
{
	for (int i = 0; i < IDS; i++) {
		assert_int_equal(place[i], believed[i]);
		if (place[i] != NOWHERE)
			assert_int_equal(held[i], told[i]);
	}
}

/* Nothing is lost: then what was told is what there is, without an overrun. */
static void test_storm(void **state)
{
	(void)state;
	begin_storm(1);
	for (int i = 0; i < 20000; i++) {
		happen();
		for (int n = rand_r(&moods) % 4; n; n--) {
			const struct vfiomig_event *event = next();

			if (event)
				follow(event);
		}
		kernel.clock += rand_r(&moods) % 1000;
		/* now and then it stands still */
		if (i % 100)
			continue;
		end_storm();
		follow_all();
		kernel.clock += 10000;
		follow_all();
		agree();
	}
	end_storm();
	follow_all();
	agree();
}

/* Much is lost, of events and of numbers. */
static void test_storm_with_losses(void **state)
{
	(void)state;
	begin_storm(2);
	for (int i = 0; i < 20000; i++) {
		kernel.mute = rand_r(&moods) % 30 == 0;
		if (rand_r(&moods) % 60 == 0)
			kernel_overflow();
		if (rand_r(&moods) % 200 == 0)
			kernel_lose_nsids();
		happen();
		kernel.mute = false;
		for (int n = rand_r(&moods) % 4; n; n--) {
			const struct vfiomig_event *event = next();

			if (event)
				follow(event);
		}
		kernel.clock += rand_r(&moods) % 1000;
	}
	end_storm();
	/* in case the last ones were lost without a trace */
	kernel_overflow();
	for (int i = 0; i < 2; i++) {
		follow_all();
		kernel.clock += 10000;
	}
	agree();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rights),
		TEST(test_too_late),
		TEST(test_own_alone),
		TEST(test_snapshot),
		TEST(test_events),
		TEST(test_moves),
		TEST(test_blind),
		TEST(test_gap_where_blind),
		TEST(test_gap),
		TEST(test_overflow),
		TEST(test_new_one),
		TEST(test_wait),
		TEST(test_death),
		TEST(test_heir),
		TEST(test_closed),
		TEST(test_renamed),
		TEST(test_module),
		TEST(test_module_in_mid_sync),
		TEST(test_lost_numbers),
		TEST(test_move_in_mid_sync),
		TEST(test_storm),
		TEST(test_storm_with_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
