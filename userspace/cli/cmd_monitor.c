// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig monitor */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "monitor.h"

/* After how many events it is looked whether the user wants to stop. */
#define BURST 256

/* Longest time that --timeout takes, in seconds: some hundred years. */
#define TIMEOUT_MAX UINT32_MAX

/* How long a record that was begun may take to its end, in milliseconds. */
#define PATIENCE 1000

#define NEVER UINT64_MAX

/**
 * struct monitor - what is watched, and for how long
 * @cli: the program
 * @watch: the watch
 * @signals: a file that can be read when the user wants to stop
 * @filter: what is printed
 * @count: after so many records it ends, 0 if it does not
 * @printed: how many there were
 * @buffer: size of the receive buffer, 0 for the usual one
 * @timeout: after so many milliseconds it ends, or NEVER
 * @deadline: when that is, NEVER until the time begins to run
 */
struct monitor {
	struct cli *cli;
	struct vfiomig_watch *watch;
	int signals;
	struct filter filter;
	uint32_t count;
	uint32_t printed;
	uint32_t buffer;
	uint64_t timeout;
	uint64_t deadline;
};

/**
 * enum outcome - how it goes on
 * @WAIT: when something happens
 * @NOW: at once
 * @STOP: not at all, what was wanted is done
 * @LATE: not at all, the time is over
 * @FAIL: not at all, the library has failed
 * @TOLD: not at all, the program has failed, and has told of it
 */
enum outcome {
	WAIT,
	NOW,
	STOP,
	LATE,
	FAIL,
	TOLD,
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* As poll() takes it: not more than it can, then it is to be asked again. */
static int time_until(uint64_t deadline)
{
	uint64_t now;

	if (deadline == NEVER)
		return -1;
	now = now_ms();
	if (now >= deadline)
		return 0;
	return deadline - now < INT_MAX ? (int)(deadline - now) : INT_MAX;
}

static int time_left(const struct monitor *m)
{
	return time_until(m->deadline);
}

/* What was there already is told in any case, then the time begins to run. */
static void start_clock(struct monitor *m)
{
	if (m->timeout != NEVER && m->deadline == NEVER)
		m->deadline = now_ms() + m->timeout;
}

/* Nobody reads any more: then there is no more to do, and nothing is wrong. */
static enum outcome write_failed(void)
{
	char *message;

	if (errno == EPIPE)
		return STOP;

	message = format("monitor: cannot write to standard output: %s",
			 strerror(errno));
	say_error(message);
	free(message);
	return TOLD;
}

static enum outcome poll_failed(const struct monitor *m)
{
	if (errno == EINTR)
		return NOW;

	system_error(m->cli, errno, "cannot wait for events");
	return TOLD;
}

/* Waits for room on standard output, until then; and for signals, or not. */
static enum outcome wait_for_room(const struct monitor *m, bool signals,
				  uint64_t deadline)
{
	struct pollfd fds[] = {
		{ .fd = STDOUT_FILENO, .events = POLLOUT },
		{ .fd = signals ? m->signals : -1, .events = POLLIN },
	};

	for (;;) {
		if (poll(fds, 2, time_until(deadline)) < 0) {
			if (poll_failed(m) == TOLD)
				return TOLD;
			continue;
		}
		if (fds[0].revents)
			return NOW;
		if (fds[1].revents)
			return STOP;
		if (!time_until(deadline))
			return LATE;
	}
}

/* Writes until there is nothing left of @text, or no time. */
static enum outcome write_on(const struct monitor *m, const char **text,
			     bool signals, uint64_t deadline)
{
	size_t left = strlen(*text);

	while (left) {
		enum outcome outcome = wait_for_room(m, signals, deadline);
		ssize_t len;

		if (outcome != NOW)
			return outcome;
		len = write(STDOUT_FILENO, *text,
			    left < PIPE_BUF ? left : PIPE_BUF);
		if (len >= 0) {
			*text += len;
			left -= len;
		} else if (errno != EINTR && errno != EAGAIN) {
			return write_failed();
		}
	}
	return NOW;
}

/*
 * Every event is written at once. A reader who has stopped reading, but has
 * not gone, must not keep the user from ending the program: so nothing is
 * written but what a pipe that has room certainly takes. Half a record helps
 * nobody: what was begun is finished, or if that takes too long it is told.
 */
static enum outcome write_text(struct monitor *m, const char *text)
{
	const char *rest = text;
	enum outcome outcome = write_on(m, &rest, true, m->deadline);
	enum outcome end = outcome;

	if ((outcome == STOP || outcome == LATE) && rest > text)
		end = write_on(m, &rest, false, now_ms() + PATIENCE);
	if (end == NOW) {
		m->printed++;
		return outcome;
	}
	if (end == LATE && rest > text) {
		say_error("monitor: the last record is not whole");
		return TOLD;
	}
	return end;
}

static enum outcome print_event(struct monitor *m,
				const struct vfiomig_event *event)
{
	enum outcome outcome;
	char *text;

	if (!filter_passes(&m->filter, event))
		return NOW;
	text = event_text(m->cli, event);
	outcome = write_text(m, text);
	free(text);
	if (outcome == NOW && m->printed == m->count)
		return STOP;

	return outcome;
}

static bool is_snapshot(const struct vfiomig_event *event)
{
	return event &&
	       (event->snapshot || event->kind == VFIOMIG_EVENT_SYNCED);
}

/* Prints what has happened, not too much of it at a time. */
static enum outcome print_events(struct monitor *m)
{
	const struct vfiomig_event *event;
	enum outcome outcome;

	for (int i = 0; i < BURST; i++) {
		if (vfiomig_watch_next(m->watch, &event))
			return FAIL;
		if (!is_snapshot(event))
			start_clock(m);
		if (!event)
			return WAIT;
		outcome = print_event(m, event);
		if (outcome != NOW)
			return outcome;
		/* that of our own namespace comes last */
		if (event->kind == VFIOMIG_EVENT_SYNCED && event->nsid < 0)
			start_clock(m);
	}
	return NOW;
}

/* Waits for events, a signal, or the end of whoever reads what is written. */
static enum outcome wait_for(struct monitor *m, enum outcome last)
{
	struct pollfd fds[] = {
		{ .fd = vfiomig_watch_fd(m->watch), .events = POLLIN },
		{ .fd = m->signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};

	if (poll(fds, 3, last == NOW ? 0 : time_left(m)) < 0) {
		if (poll_failed(m) == TOLD)
			return TOLD;
		return last;
	}
	/* a pipe without a reader says POLLERR, a socket POLLHUP */
	if (fds[1].revents || fds[2].revents)
		return STOP;
	/* what has come in the last moment counts, if it comes to an end */
	if (!time_left(m) && (last == NOW || !fds[0].revents))
		return LATE;

	return NOW;
}

/* Who has asked for some and got less wants to know. */
static int expired(const struct monitor *m)
{
	if (m->printed >= m->count)
		return RC_OK;

	return expired_error(m->cli,
			     "%s: %u of %u records within %s seconds",
			     m->cli->command->words, m->printed, m->count,
			     option_value(m->cli, OPTION_TIMEOUT));
}

static int watch_on(struct monitor *m)
{
	for (;;) {
		enum outcome outcome = print_events(m);

		if (outcome < STOP)
			outcome = wait_for(m, outcome);
		switch (outcome) {
		case STOP:
			return RC_OK;
		case LATE:
			return expired(m);
		case FAIL:
			return library_error(m->cli, NULL);
		case TOLD:
			return RC_REFUSED;
		default:
			break;
		}
	}
}

static int watch(struct monitor *m)
{
	int rc;

	if (vfiomig_watch_new(m->cli->lib, m->cli->snapshot, &m->watch))
		return library_error(m->cli, NULL);

	if (m->cli->all_netns && vfiomig_watch_all_netns(m->watch))
		rc = library_error(m->cli, "monitor: --all-netns");
	else if (m->buffer && vfiomig_watch_set_buffer(m->watch, m->buffer))
		rc = library_error(m->cli, NULL);
	else
		rc = watch_on(m);
	vfiomig_watch_free(m->watch);
	return rc;
}

/* ---------------------------------------------------------------- signals */

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

/* ---------------------------------------------------------------- options */

static int wrong_value(const struct cli *cli, int letter, const char *wanted)
{
	return usage_error(cli, "%s: --%s: \"%s\" is not %s",
			   cli->command->words, option_name(letter),
			   option_value(cli, letter), wanted);
}

/* A whole number from 1 on; left alone if the option was not given. */
static int read_number(const struct cli *cli, int letter, uint32_t *number)
{
	const char *text = option_value(cli, letter);
	unsigned long long value;

	if (!text)
		return RC_OK;
	errno = 0;
	value = strtoull(text, NULL, 10);
	if (strspn(text, "0123456789") != strlen(text) || errno || !value ||
	    value > UINT32_MAX)
		return wrong_value(cli, letter,
				   "a whole number from 1 to 4294967295");
	*number = value;
	return RC_OK;
}

static int read_timeout(const struct cli *cli, uint64_t *timeout)
{
	const char *text = option_value(cli, OPTION_TIMEOUT);
	double seconds;
	char *end;

	*timeout = NEVER;
	if (!text)
		return RC_OK;
	seconds = strtod(text, &end);
	/* strtod() knows other ways to write numbers, and infinity */
	if (end == text || *end ||
	    strspn(text, "0123456789.") != strlen(text) ||
	    seconds > TIMEOUT_MAX)
		return wrong_value(cli, OPTION_TIMEOUT,
				   "a number of seconds, such as 10 or 0.5");
	*timeout = seconds * 1000;
	return RC_OK;
}

static int read_options(struct monitor *m)
{
	int rc = read_number(m->cli, OPTION_COUNT, &m->count);

	if (!rc)
		rc = read_number(m->cli, OPTION_BUFFER, &m->buffer);
	if (!rc)
		rc = read_timeout(m->cli, &m->timeout);
	if (!rc)
		rc = filter_read(m->cli, &m->filter);
	return rc;
}

int cmd_monitor(struct cli *cli)
{
	struct monitor m = { .cli = cli, .deadline = NEVER };
	sigset_t before;
	int rc;

	rc = read_options(&m);
	if (rc)
		return rc;

	m.signals = open_signals(&before);
	if (m.signals < 0) {
		rc = system_error(cli, errno, "cannot wait for signals");
	} else {
		rc = watch(&m);
		close_signals(m.signals, &before);
	}
	filter_free(&m.filter);
	return rc;
}
