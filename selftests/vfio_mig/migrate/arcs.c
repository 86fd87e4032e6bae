// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a device do what <linux/vfio.h> promises of its migration?
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

#include "json.h"
#include "move.h"
#include "state.h"
#include "uapi.h"

/**
 * struct check - the checks of one device, as far as they have come
 * @move:	the device as a source, for a stream that is its own
 * @dev:	the device
 * @data:	the stream of the present session, or -1
 * @name:	of the present check
 * @checks:	how many there were
 * @failures:	how many of them failed
 */
struct check {
	struct move move;
	struct device *dev;
	int data;
	const char *name;
	unsigned int checks;
	unsigned int failures;
};

static bool expect(struct check *check, bool right, const char *fmt, ...)
	__printf(3, 4);

/* Failures are printed as they come: an array is open for them. */
static bool expect(struct check *check, bool right, const char *fmt, ...)
{
	char text[200];
	va_list args;

	check->checks++;
	if (right)
		return true;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	check->failures++;
	json_begin(NULL, '{');
	json_str("check", check->name);
	json_str("message", text);
	json_end('}');
	return false;
}

static const char *errname(int err)
{
	return err ? strerrorname_np(err) : "success";
}

static void close_data(struct check *check)
{
	if (check->data >= 0)
		close(check->data);
	check->data = -1;
}

static bool in_state(struct check *check, unsigned int state, const char *after)
{
	unsigned int now = VFIO_DEVICE_STATE_ERROR;
	int err = mig_get(check->dev, &now);

	return expect(check, !err && now == state, "%s: in %s, not in %s (%s)",
		      after, mig_name(now), mig_name(state), errname(-err));
}

static bool start(struct check *check)
{
	struct fault fault;

	close_data(check);
	return expect(check, !device_reset(check->dev, &fault), "no reset");
}

static bool fill_target(struct check *check)
{
	const struct stream *stream = &check->move.stream;
	struct fault fault;
	size_t written = 0;

	return expect(check, !stream_write(check->data, stream->data,
					   stream->len, &written, &fault),
		      "RESUMING: %zu of its own %zu bytes are taken", written,
		      stream->len);
}

/* Into a state, from a reset; a RESUMING device is given all of a stream. */
static bool bring(struct check *check, unsigned int state)
{
	int err, fd;

	if (!start(check))
		return false;
	if (state == VFIO_DEVICE_STATE_RUNNING)
		return true;
	err = mig_set(check->dev, state, &fd);
	check->data = fd;
	if (!expect(check, !err, "RUNNING to %s: %s", mig_name(state),
		    errname(-err)))
		return false;
	return state != VFIO_DEVICE_STATE_RESUMING || fill_target(check);
}

/* The rules of composed arcs leave no two states without a way but these. */
static bool forbidden(unsigned int from, unsigned int to)
{
	return from == VFIO_DEVICE_STATE_STOP_COPY &&
	       (to == VFIO_DEVICE_STATE_PRE_COPY ||
		to == VFIO_DEVICE_STATE_PRE_COPY_P2P);
}

/* The last step is what opens a session; between those that save none is. */
static bool begins(unsigned int from, unsigned int to)
{
	if (from == to)
		return false;
	return to == VFIO_DEVICE_STATE_RESUMING ||
	       (mig_saving(to) && !mig_saving(from));
}

static bool ends(unsigned int from, unsigned int to)
{
	return from != to && (from == VFIO_DEVICE_STATE_RESUMING ||
			      (mig_saving(from) && !mig_saving(to)));
}

/* Nothing may come out of the stream of an ended session, or go in. */
static void expect_dead(struct check *check, unsigned int state, int fd,
			const char *after)
{
	ssize_t done;
	char byte = 0;

	if (state == VFIO_DEVICE_STATE_RESUMING)
		done = write(fd, &byte, 1);
	else
		done = read(fd, &byte, 1);
	expect(check, done <= 0, "%s: the session of %s is still open", after,
	       mig_name(state));
}

static void arc(struct check *check, unsigned int from, unsigned int to)
{
	char what[64];
	int fd, err;

	if (!bring(check, from))
		return;
	snprintf(what, sizeof(what), "%s to %s", mig_name(from), mig_name(to));
	err = mig_set(check->dev, to, &fd);
	if (!mig_has(check->dev->mig, to) || forbidden(from, to)) {
		expect(check, err, "%s is not refused", what);
		in_state(check, from, what);
	} else if (expect(check, !err, "%s: %s", what, errname(-err))) {
		in_state(check, to, what);
		expect(check, (fd >= 0) == begins(from, to),
		       "%s brings %s stream", what, fd < 0 ? "no" : "a");
		if (check->data >= 0 && ends(from, to))
			expect_dead(check, from, check->data, what);
	}
	if (fd >= 0)
		close(fd);
}

/* Of all pairs of states, and of a state with what is none. */
static void arcs(struct check *check, bool those)
{
	unsigned int from, to;

	for (from = VFIO_DEVICE_STATE_STOP; from < MIG_STATES; from++)
		for (to = VFIO_DEVICE_STATE_ERROR; to <= MIG_STATES; to++)
			if (mig_has(check->dev->mig, from) &&
			    forbidden(from, to) == those)
				arc(check, from, to);
}

static void check_arc(struct check *check)
{
	arcs(check, false);
}

/*
 * A check of its own: asked for these, vfio_mig_get_next_state() of Linux 6.12
 * never returns, and a driver that relies on it hangs the machine.
 */
static void check_forbidden(struct check *check)
{
	arcs(check, true);
}

/* Reset ends everything. */
static void check_reset(struct check *check)
{
	unsigned int state;
	struct fault fault;

	for (state = VFIO_DEVICE_STATE_STOP; state < MIG_STATES; state++) {
		if (!mig_has(check->dev->mig, state) || !bring(check, state))
			continue;
		expect(check, !device_reset(check->dev, &fault), "reset in %s",
		       mig_name(state));
		in_state(check, VFIO_DEVICE_STATE_RUNNING, "reset");
		if (check->data >= 0)
			expect_dead(check, state, check->data, "reset");
	}
}

/* Nothing of a migration outlives its user, whether the stream is closed. */
static void reopen(struct check *check, unsigned int state, bool first)
{
	struct device *dev = check->dev, *next = dev->next;
	struct fault fault = { 0 };
	enum via via = dev->via;
	int data, old = -1;
	char name[128];

	if (!bring(check, state))
		return;
	if (first)
		close_data(check);
	data = check->data;
	check->data = -1;
	snprintf(name, sizeof(name), "%s", dev->name);
	device_close_now(dev);
	if (data >= 0) {
		expect_dead(check, state, data, "close");
		old = data;
	}
	if (expect(check, !device_open(dev, name, via, &fault),
		   "closed in %s, it opens no more: %s", mig_name(state),
		   fault.text))
		in_state(check, VFIO_DEVICE_STATE_RUNNING, "close and open");
	dev->next = next;
	if (old >= 0)
		close(old);
}

static void check_close(struct check *check)
{
	unsigned int state;

	for (state = VFIO_DEVICE_STATE_STOP; state < MIG_STATES; state++) {
		if (!mig_has(check->dev->mig, state))
			continue;
		reopen(check, state, true);
		reopen(check, state, false);
	}
}

static int precopy_info(int fd, __u32 size, struct vfio_precopy_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = size;
	return ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, info) ? errno : 0;
}

static void check_precopy(struct check *check)
{
	struct vfio_precopy_info info;
	struct stream stream = { 0 };
	struct fault fault = { 0 };
	enum stream_end end;
	int err, fd;

	if (!bring(check, VFIO_DEVICE_STATE_PRE_COPY))
		return;
	err = precopy_info(check->data, sizeof(info) - 1, &info);
	expect(check, err == EINVAL, "information of too few bytes: %s",
	       errname(err));
	err = precopy_info(check->data, sizeof(info), &info);
	expect(check, !err, "information: %s", errname(err));
	expect(check, info.initial_bytes, "at first there is nothing to read");
	expect(check, !stream_read(&stream, check->data, 4096,
				   check->move.job->limit, &end, &fault),
	       "%s", fault.text);
	err = precopy_info(check->data, sizeof(info), &info);
	expect(check, !err && !info.initial_bytes,
	       "%llu initial bytes are left after reading (%s)",
	       info.initial_bytes, errname(err));
	err = mig_set(check->dev, VFIO_DEVICE_STATE_STOP_COPY, &fd);
	expect(check, !err, "PRE_COPY to STOP_COPY: %s", errname(-err));
	err = precopy_info(check->data, sizeof(info), &info);
	expect(check, err == EINVAL, "information in STOP_COPY: %s",
	       errname(err));
	stream_free(&stream);
}

/* For now there is no more; ENOMSG says that more may come. */
static void check_enomsg(struct check *check)
{
	enum stream_end end = STREAM_EOF;
	struct stream stream = { 0 };
	struct fault fault = { 0 };

	if (!bring(check, VFIO_DEVICE_STATE_PRE_COPY))
		return;
	expect(check, !stream_read(&stream, check->data, 4096,
				   check->move.job->limit, &end, &fault),
	       "%s", fault.text);
	expect(check, end == STREAM_NOMSG,
	       "PRE_COPY ends as if that were the end of the stream");
	stream_free(&stream);
}

static void check_eof(struct check *check)
{
	struct pollfd pollfd = { .events = POLLIN };
	struct stream stream = { 0 };
	struct fault fault = { 0 };
	char byte;

	if (!bring(check, VFIO_DEVICE_STATE_STOP_COPY))
		return;
	expect(check, !stream_read(&stream, check->data, 1,
				   check->move.job->limit, NULL, &fault),
	       "byte by byte: %s", fault.text);
	expect(check, stream.len, "the stream is empty");
	expect(check, !read(check->data, &byte, 1), "the end is not the end");
	pollfd.fd = check->data;
	expect(check, poll(&pollfd, 1, 0) == 1 && pollfd.revents & POLLIN,
	       "at the end it is not readable");
	stream_free(&stream);
}

/* A stream has no places to go to, and one direction. */
static void check_fd(struct check *check)
{
	char byte = 0;

	if (!bring(check, VFIO_DEVICE_STATE_STOP_COPY))
		return;
	expect(check, lseek(check->data, 0, SEEK_SET) < 0, "it can be sought");
	expect(check, pread(check->data, &byte, 1, 0) < 0,
	       "it can be read from anywhere");
	expect(check, write(check->data, &byte, 1) < 0,
	       "what is saved can be written");
	expect(check, ioctl(check->data, _IO('?', 99)) && errno == ENOTTY,
	       "an unknown ioctl: %s", errname(errno));
	if (!bring(check, VFIO_DEVICE_STATE_RESUMING))
		return;
	expect(check, read(check->data, &byte, 1) < 0,
	       "what is resumed can be read");
	expect(check, pwrite(check->data, &byte, 1, 0) < 0,
	       "it can be written to anywhere");
}

/* No device comes up with half of a state, or with none. */
static void check_incomplete(struct check *check)
{
	const struct stream *stream = &check->move.stream;
	size_t lens[] = { 0, 1, stream->len / 2, stream->len - 1 };
	struct fault fault;
	size_t written;
	unsigned int i;
	int err, fd;

	for (i = 0; stream->len && i < ARRAY_SIZE(lens); i++) {
		if (!start(check))
			return;
		err = mig_set(check->dev, VFIO_DEVICE_STATE_RESUMING,
			      &check->data);
		if (!expect(check, !err, "RUNNING to RESUMING: %s",
			    errname(-err)))
			return;
		written = 0;
		err = stream_write(check->data, stream->data, lens[i], &written,
				   &fault);
		if (!err)
			err = mig_set(check->dev, VFIO_DEVICE_STATE_STOP, &fd);
		expect(check, err, "%zu of %zu bytes are enough", lens[i],
		       stream->len);
	}
}

/* What was saved, but did not arrive, goes on as if nothing had been. */
static void check_rollback(struct check *check)
{
	struct move *move = &check->move;
	bool kept = false;

	close_data(check);
	stream_clear(&move->stream);
	expect(check, !move_save(move) && !move_return(move, &kept), "%s",
	       move->fault.text);
	expect(check, kept, "the memory is another one");
}

static void check_user(struct check *check)
{
	struct fault fault = { 0 };
	struct device second;
	int err;

	err = device_open(&second, check->dev->name, check->dev->via, &fault);
	if (!err)
		device_close_now(&second);
	expect(check, err, "a second user is let in");
	in_state(check, VFIO_DEVICE_STATE_RUNNING, "a second user");
}

/* The first brings the stream that others need. */
static const struct part {
	const char *name;
	void (*run)(struct check *check);
	__u64 needs;
} parts[] = {
	{ "rollback", check_rollback },
	{ "arc", check_arc },
	{ "forbidden", check_forbidden, VFIO_MIGRATION_PRE_COPY },
	{ "reset", check_reset },
	{ "eof", check_eof },
	{ "fd", check_fd },
	{ "incomplete", check_incomplete },
	{ "pre-copy", check_precopy, VFIO_MIGRATION_PRE_COPY },
	{ "enomsg", check_enomsg, VFIO_MIGRATION_PRE_COPY },
	{ "user", check_user },
	{ "close", check_close },
};

static bool skipped(const char *skip, const char *name)
{
	size_t len = strlen(name);

	while ((skip = strstr(skip, name))) {
		if (!skip[len] || skip[len] == ',')
			return true;
		skip += len;
	}
	return false;
}

static bool left_out(const struct check *check, const struct part *part)
{
	return (check->dev->mig & part->needs) != part->needs ||
	       skipped(check->move.job->skip, part->name);
}

/* The first one cannot be left out. */
static int check_skip(struct move *move)
{
	const char *name = move->job->skip;
	size_t len, i;

	for (; *name; name += len + !!name[len]) {
		len = strcspn(name, ",");
		for (i = 1; i < ARRAY_SIZE(parts); i++)
			if (strlen(parts[i].name) == len &&
			    !strncmp(name, parts[i].name, len))
				break;
		if (i == ARRAY_SIZE(parts))
			return fault_set(&move->fault, "usage", EINVAL,
					 "no check to skip=: %s", name);
	}
	return 0;
}

static void run(struct check *check)
{
	struct fault ignored;
	unsigned int i;

	json_num("flags", check->dev->mig);
	json_begin("failures", '[');
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (left_out(check, &parts[i]))
			continue;
		check->name = parts[i].name;
		parts[i].run(check);
		close_data(check);
		device_reset(check->dev, &ignored);
	}
	json_end(']');
	json_begin("skipped", '[');
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (left_out(check, &parts[i]))
			json_str(NULL, parts[i].name);
	json_end(']');
	json_num("checks", check->checks);
}

/**
 * job_arcs() - hold a device against the protocol
 * @job:	what to do
 *
 * Return: what to exit with.
 */
int job_arcs(const struct job *job)
{
	struct check check = { .data = -1 };
	struct job source = *job;
	const char *result;
	int status;

	source.source = job->arcs;
	json_begin(NULL, '{');
	json_str("device", job->arcs);
	if (move_begin(&check.move, &source) || check_skip(&check.move)) {
		status = strcmp(check.move.fault.step, "migration") ?
			 EXIT_FAILED : EXIT_UNABLE;
		result = status == EXIT_UNABLE ? "unable" : "failed";
	} else {
		check.dev = check.move.source;
		run(&check);
		status = check.failures ? EXIT_DIFFERENT : EXIT_SAME;
		result = check.failures ? "broken" : "kept";
	}
	json_str("result", result);
	json_fault("error", &check.move.fault);
	json_end('}');
	json_line();
	move_end(&check.move);
	return status;
}
