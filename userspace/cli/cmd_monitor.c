// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig monitor */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli.h"
#include "table.h"

/* After how many events it is looked whether the user wants to stop. */
#define BURST 256

/* Pause before objects that would not stand still are asked for again. */
#define PAUSE_MS 100

static enum color event_color(enum vfiomig_event_kind kind)
{
	switch (kind) {
	case VFIOMIG_EVENT_ADD:
	case VFIOMIG_EVENT_FAMILY_BACK:
		return COLOR_GOOD;
	case VFIOMIG_EVENT_DEL:
	case VFIOMIG_EVENT_FAMILY_GONE:
		return COLOR_BAD;
	case VFIOMIG_EVENT_CHANGE:
	case VFIOMIG_EVENT_OVERRUN:
		return COLOR_WARN;
	default:
		return COLOR_NONE;
	}
}

/* Prints a text of the kernel's, and frees it. */
static void print_text(char *text)
{
	char *clean = printable(text);

	fputs(clean, stdout);
	free(clean);
	free(text);
}

static void print_value(const struct vfiomig_attr *attr, bool verbose)
{
	if (attr)
		print_text(value_text(attr, verbose));
	else
		fputs("(none)", stdout);
}

static void print_changes(const struct cli *cli,
			  const struct vfiomig_event *event)
{
	const struct vfiomig_attr *before, *now;
	size_t cursor[2] = { 0, 0 };
	uint32_t old = 0, new = 0;
	const char *comma = ": ";

	while (vfiomig_change_next(event, cursor, &before, &now)) {
		fputs(comma, stdout);
		comma = ", ";
		print_text(format("%s", now ? now->name : before->name));
		putchar(' ');
		print_value(before, cli->verbose);
		fputs(" -> ", stdout);
		print_value(now, cli->verbose);
	}
	vfiomig_object_available(event->old, &old);
	vfiomig_object_available(event->object, &new);
	if (old != new)
		printf("%savailable %" PRIu32 " -> %" PRIu32, comma, old, new);
}

static void print_object(const struct vfiomig_object *object)
{
	const char *type = "device";

	if (vfiomig_object_kind(object) == VFIOMIG_TYPE)
		type = "type";
	printf(" %s ", type);
	print_text(format("%s", vfiomig_object_handle(object)));
}

static void print_line(const struct cli *cli, const struct vfiomig_event *event)
{
	enum color color = cli->color ? event_color(event->kind) : COLOR_NONE;
	char time[VFIOMIG_TIME_LEN];

	if (cli->timestamp)
		printf("%s ", vfiomig_time_text(&event->time, true, time));
	if (cli->verbose)
		printf("%" PRIu64 " ", event->seq);
	printf("%s%s%s", color_on(color), vfiomig_event_name(event->kind),
	       color_off(color));
	if (event->object)
		print_object(event->object);
	if (event->snapshot)
		fputs(" (snapshot)", stdout);
	if (event->resync)
		fputs(" (resync)", stdout);
	if (event->old)
		print_changes(cli, event);
	putchar('\n');
}

/* Every event is written at once. Returns false if that has failed. */
static bool print_event(const struct cli *cli,
			const struct vfiomig_event *event)
{
	if (cli->json)
		print_json(cli, vfiomig_event_json(event));
	else
		print_line(cli, event);

	return !fflush(stdout);
}

/**
 * enum outcome - how it goes on
 * @WAIT: when something happens
 * @SOON: after a short pause
 * @NOW: at once
 * @STOP: not at all, what was wanted is done
 * @FAIL: not at all, the library has failed
 * @TOLD: not at all, the program has failed, and tells of it elsewhere
 */
enum outcome {
	WAIT,
	SOON,
	NOW,
	STOP,
	FAIL,
	TOLD,
};

/* Nobody reads any more: then there is no more to do, and nothing is wrong. */
static enum outcome write_failed(void)
{
	if (errno != EPIPE)
		return TOLD;

	__fpurge(stdout);
	clearerr(stdout);
	return STOP;
}

/* Prints what has happened, not too much of it at a time. */
static enum outcome print_events(const struct cli *cli,
				 struct vfiomig_watch *watch)
{
	const struct vfiomig_event *event;
	int err;

	for (int i = 0; i < BURST; i++) {
		err = vfiomig_watch_next(watch, &event);
		if (err)
			return err == -EAGAIN ? SOON : FAIL;
		if (!event)
			return WAIT;
		if (!print_event(cli, event))
			return write_failed();
	}
	return NOW;
}

/* Waits for events, a signal, or the end of whoever reads what is written. */
static enum outcome wait_for(const struct cli *cli, struct vfiomig_watch *watch,
			     int signals, enum outcome last)
{
	struct pollfd fds[] = {
		{ .fd = vfiomig_watch_fd(watch), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	int timeout = last == WAIT ? -1 : last == SOON ? PAUSE_MS : 0;

	if (last == SOON)
		fds[0].fd = -1;
	if (poll(fds, sizeof(fds) / sizeof(fds[0]), timeout) < 0) {
		if (errno == EINTR)
			return last;
		system_error(cli, errno, "cannot wait for events");
		return TOLD;
	}
	/* a pipe without a reader says POLLERR, a socket POLLHUP */
	if (fds[1].revents || fds[2].revents)
		return STOP;

	return NOW;
}

static int watch_on(const struct cli *cli, struct vfiomig_watch *watch,
		    int signals)
{
	for (;;) {
		enum outcome outcome = print_events(cli, watch);

		if (outcome < STOP)
			outcome = wait_for(cli, watch, signals, outcome);
		if (outcome == STOP)
			return RC_OK;
		if (outcome == FAIL)
			return library_error(cli, NULL);
		if (outcome == TOLD)
			return RC_REFUSED;
	}
}

/* From now on the signals that end the program are read from a file. */
static int open_signals(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, before);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The signals that came have done what they were sent for. */
static void close_signals(int signals, const sigset_t *before)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) > 0)
		;
	close(signals);
	sigprocmask(SIG_SETMASK, before, NULL);
}

int cmd_monitor(struct cli *cli)
{
	struct vfiomig_watch *watch;
	sigset_t before;
	int rc, signals;

	signals = open_signals(&before);
	if (signals < 0)
		return system_error(cli, errno, "cannot wait for signals");

	if (vfiomig_watch_new(cli->lib, cli->snapshot, &watch)) {
		rc = library_error(cli, NULL);
	} else {
		rc = watch_on(cli, watch, signals);
		vfiomig_watch_free(watch);
	}
	close_signals(signals, &before);
	return rc;
}
