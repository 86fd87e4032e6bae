// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>

#include "../../../selftests/vfio_mig/env.h"

#include "play.h"
#include "warden.h"

#define DEVICES		"/sys/module/vfio_mig_sim/parameters/devices"
#define PARENTS		"/sys/module/vfio_mig_sim/parameters/parents"
#define CREATE		"/sys/class/mdev_bus/vfio_mig_sim.0/mdev_supported_types/vfio_mig_sim-gpu-1/create"
#define MDEV		"5e1f7e57-f022-4000-8000-000000000000"
#define REMOVE		"/sys/bus/mdev/devices/" MDEV "/remove"
#define NETNS		"vfio_mig_fuzz"
#define NETNS_PATH	"/run/netns/" NETNS
#define NOBODY		65534
/* Bare devices that are there, and those of them that have much to say. */
#define KEPT		"4"
#define SPEAKERS	2
#define MORE		12
#define SETTLE_MS	20

const struct persona personas[] = {
	{ "root" },
	{ "user", .own_ns = true },
	{ "nobody", .nobody = true },
};

const unsigned int n_personas = ARRAY_SIZE(personas);

/* Sockets in the initial namespace and in the other one. */
static struct nl here, there;
/* What the VFIO devices that are not ours say when nobody has touched them. */
static struct objs untouched;
/* What makes bare devices say much. */
static struct message *speeches[SPEAKERS];

static int ask(struct nl *nl, const struct message *m)
{
	static const struct world nowhere;
	struct world world = nowhere;
	struct req req;

	world.family = nl->family;
	req.len = message_write(m, &world, 0, req.buf, sizeof(req.buf));
	return nl_ack(nl, &req, NULL);
}

static void put_string(struct node *nest, __u16 type, const char *text)
{
	node_add(nest, node_bytes(type, text, strlen(text) + 1));
}

/* A request about one device; every set has its target as its first member. */
static struct message *about(__u8 cmd, const char *bus, const char *name)
{
	struct message *m = message_new(cmd, 0);
	struct node *target = node_add(m->top, node_new(NLA_F_NESTED |
				       VFIO_MIG_A_CHANGE_TARGET, NODE_NEST));

	put_string(target, VFIO_MIG_A_OBJECT_BUS, bus);
	put_string(target, VFIO_MIG_A_OBJECT_NAME, name);
	return m;
}

/* ------------------------------------------------------------------ devices */

static const char *speaker(unsigned int n)
{
	static char name[8];

	snprintf(name, sizeof(name), "sim%u", n + 1);
	return name;
}

/* As much as the kernel takes of what is drawn, which is always the same. */
static void write_speech(unsigned int n, unsigned int attrs)
{
	static const struct handles none;
	struct dice dice = { .state = n + 1, .handles = &none };
	struct message *m = about(VFIO_MIG_CMD_ATTR_SET, "sim", speaker(n));

	while (attrs--) {
		node_add(m->top, draw_attr(&dice, VFIO_MIG_A_CHANGE_ATTR));
		if (ask(&here, m))
			node_free(node_take(m->top, m->top->n - 1));
	}
	speeches[n] = m;
}

/* What is described a moment later has been described. */
static int settle(void)
{
	struct status before, now = {};
	unsigned int same = 0;
	int err = 0;

	while (!err && same < 3) {
		before = now;
		err = nl_status(&here, &now);
		same = now.seq == before.seq ? same + 1 : 0;
		sleep_ms(SETTLE_MS);
	}
	return err;
}

/* Only if somebody has touched it, for it takes long. */
static int make_mdev(bool churn)
{
	static struct obj made;
	struct obj is;
	int err;

	if (!nl_get_handle(&here, VFIO_MIG_CMD_DEV_GET, "mdev", NULL, MDEV,
			   &is) && obj_same(&is, &made))
		return 0;
	if (file_is(REMOVE))
		file_write("1", REMOVE);
	err = file_write(MDEV, CREATE);
	if (!err && !churn)
		err = settle();
	return err ?: nl_get_handle(&here, VFIO_MIG_CMD_DEV_GET, "mdev", NULL,
				    MDEV, &made);
}

static int make_bare(void)
{
	unsigned int i;
	int err;

	err = file_write("0", DEVICES) ?: file_write(KEPT, DEVICES);
	for (i = 0; !err && i < SPEAKERS; i++)
		err = speeches[i] ? ask(&here, speeches[i]) : 0;
	/* while others make and remove them, one may be gone */
	return err == -ENODEV ? 0 : err;
}

static int move(struct nl *from, const char *bus, const char *name,
		__u16 where, __u32 number)
{
	struct message *m = about(VFIO_MIG_CMD_DEV_SET, bus, name);
	int err;

	node_add(m->top, node_bytes(where, &number, sizeof(number)));
	err = ask(from, m);
	message_free(m);
	return err;
}

/* What was added to it or replaced is taken back. */
static int silence(const struct obj *was, const struct obj *is)
{
	struct message *m = about(VFIO_MIG_CMD_ATTR_DEL, is->bus, is->name);
	const struct nlattr *nla = NULL, *name, *old;
	int err = 0;

	while ((nla = attr_next(nla, is->wire, is->len))) {
		if (attr_type(nla) != VFIO_MIG_A_OBJECT_ATTR)
			continue;
		name = attr_member(nla, VFIO_MIG_A_ATTR_NAME);
		old = obj_attr(was, attr_data(name));
		if (!old || old->nla_len != nla->nla_len ||
		    memcmp(old, nla, nla->nla_len))
			put_string(m->top, VFIO_MIG_A_CHANGE_NAME,
				   attr_data(name));
	}
	if (m->top->n > 1)
		err = ask(&here, m);
	message_free(m);
	return err;
}

/**
 * policy_forget - take back what is said of all devices, or of a driver's
 * @nl: a socket in the namespace whose policy it is
 *
 * Return: 0 or a negative error.
 */
int policy_forget(struct nl *nl)
{
	static struct objs parts;
	unsigned int i;
	int err;

	err = nl_dump_all(nl, VFIO_MIG_CMD_POLICY_GET, &parts);
	for (i = 0; !err && i < parts.n; i++) {
		const struct obj *part = &parts.o[i];
		const struct nlattr *nla = NULL, *name;
		struct message *m = message_new(VFIO_MIG_CMD_ATTR_DEL, 0);

		if (part->name[0])
			put_string(m->top, VFIO_MIG_A_CHANGE_DRIVER,
				   part->name);
		else
			node_add(m->top, node_bytes(VFIO_MIG_A_CHANGE_ALL, NULL,
						    0));
		while ((nla = attr_next(nla, part->wire, part->len))) {
			if (attr_type(nla) != VFIO_MIG_A_OBJECT_ATTR)
				continue;
			name = attr_member(nla, VFIO_MIG_A_ATTR_NAME);
			put_string(m->top, VFIO_MIG_A_CHANGE_NAME,
				   attr_data(name));
		}
		err = ask(nl, m);
		message_free(m);
	}
	return err;
}

/* Brings home what went away. */
static int restore(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < untouched.n; i++) {
		const struct obj *was = &untouched.o[i];
		struct obj is;

		move(&there, was->bus, was->name, VFIO_MIG_A_MOVE_NETNS_PID,
		     getpid());
		err = nl_get_handle(&here, VFIO_MIG_CMD_DEV_GET, was->bus,
				    NULL, was->name, &is) ?: silence(was, &is);
	}
	return err;
}

/**
 * warden_reset - make the devices anew, as they were
 * @persona: who plays
 * @player: its process
 * @churn: others change them as well
 *
 * Return: 0 or a negative error.
 */
int warden_reset(const struct persona *persona, pid_t player, bool churn)
{
	unsigned int i;
	int err;

	err = policy_forget(&here) ?: policy_forget(&there) ?: make_bare() ?:
	      make_mdev(churn) ?: restore();
	for (i = 0; persona->own_ns && !err && i < SPEAKERS; i++)
		err = move(&here, "sim", speaker(i), VFIO_MIG_A_MOVE_NETNS_PID,
			   player);
	/* which another one has taken away again */
	return err == -ENODEV && churn ? 0 : err;
}

/* ------------------------------------------------------------------- set-up */

static int open_there(void)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int fd = open(NETNS_PATH, O_RDONLY | O_CLOEXEC);
	int err;

	if (home < 0 || fd < 0 || setns(fd, CLONE_NEWNET))
		return -errno;
	err = nl_open(&there);
	if (setns(home, CLONE_NEWNET))
		return -errno;
	close(home);
	close(fd);
	return err;
}

static int see_untouched(void)
{
	unsigned int i;
	int err = nl_dump_all(&here, VFIO_MIG_CMD_DEV_GET, &untouched);

	for (i = 0; !err && i < untouched.n;)
		if (strcmp(untouched.o[i].bus, "pci"))
			objs_del(&untouched, &untouched.o[i]);
		else
			i++;
	return err;
}

/**
 * warden_setup - make what is there all the time
 *
 * Return: 0 or a negative error.
 */
int warden_setup(void)
{
	int err;

	if (run("modprobe -q vfio_mig && modprobe -q vfio_mig_sim"))
		return -ENOENT;
	run("ip netns del " NETNS " 2>/dev/null");
	/* so that there is a number to move something to */
	if (run("ip netns add " NETNS " && ip netns set " NETNS " 1"))
		return -ENOENT;
	err = nl_open(&here) ?: open_there() ?: see_untouched() ?:
	      file_write("0", PARENTS) ?: file_write("1", PARENTS) ?:
	      make_bare();
	if (err)
		return err;
	write_speech(0, 8);
	write_speech(1, 90);
	return 0;
}

/**
 * warden_cleanup - undo warden_setup()
 */
void warden_cleanup(void)
{
	policy_forget(&here);
	policy_forget(&there);
	restore();
	file_write("1", REMOVE);
	file_write("0", DEVICES);
	file_write("0", PARENTS);
	nl_close(&here);
	nl_close(&there);
	run("ip netns del " NETNS);
}

/* ------------------------------------------------------------------ players */

static int drop_rights(void)
{
	return setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY) ?
		-errno : 0;
}

static int new_ns(int flags, int *fd)
{
	if (unshare(flags))
		return -errno;
	*fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? -errno : 0;
}

/**
 * warden_become - turn this process into a player
 * @persona: who it is
 * @fds: two network namespaces, the first of them its own
 *
 * Return: 0 or a negative error.
 */
int warden_become(const struct persona *persona, int fds[2])
{
	int err;

	/* a player that was left alone would go on for ever */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (persona->own_ns) {
		err = drop_rights();
		/* which makes the process one that nobody may look into */
		prctl(PR_SET_DUMPABLE, 1);
		err = err ?: new_ns(CLONE_NEWUSER | CLONE_NEWNET, &fds[1]);
		return err ?: new_ns(CLONE_NEWNET, &fds[0]);
	}
	fds[0] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	fds[1] = open(NETNS_PATH, O_RDONLY | O_CLOEXEC);
	if (fds[0] < 0 || fds[1] < 0)
		return -errno;
	return persona->nobody ? drop_rights() : 0;
}

/* ------------------------------------------------------------------- churn */

/* Devices come and go behind those that are kept. */
static void resize(struct dice *dice)
{
	char n[16];

	for (;;) {
		snprintf(n, sizeof(n), "%u", atoi(KEPT) + roll(dice, MORE));
		file_write(n, DEVICES);
		sleep_ms(roll(dice, 10));
	}
}

/* They go to the other namespace and come back; and say now this, now that. */
static void disturb(struct dice *dice)
{
	char name[8];

	for (;;) {
		struct message *m;

		snprintf(name, sizeof(name), "sim%u",
			 roll(dice, atoi(KEPT) + MORE));
		switch (roll(dice, 4)) {
		case 0:
			move(&here, "sim", name, VFIO_MIG_A_MOVE_NETNS_NSID,
			     1);
			break;
		case 1:
			move(&there, "sim", name, VFIO_MIG_A_MOVE_NETNS_PID,
			     getpid());
			break;
		default:
			m = about(VFIO_MIG_CMD_ATTR_SET, "sim", name);
			node_add(m->top, draw_attr(dice,
						   VFIO_MIG_A_CHANGE_ATTR));
			ask(&here, m);
			message_free(m);
		}
		sleep_ms(roll(dice, 5));
	}
}

/**
 * warden_churn - let devices come, go and change while somebody plays
 * @pids: where to tell which processes do it
 * @max: how many there is room for
 * @seed: for what they draw
 *
 * Return: how many they are.
 */
int warden_churn(pid_t pids[], unsigned int max, unsigned int seed)
{
	static void (*const churners[])(struct dice *dice) = {
		resize, disturb,
	};
	static const struct handles none;
	struct dice dice = { .handles = &none };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(churners) && i < max; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		nl_close(&here);
		nl_close(&there);
		if (nl_open(&here) || open_there())
			_exit(1);
		dice.state = seed * 16 + i;
		churners[i](&dice);
	}
	return i;
}

/* ------------------------------------------------------------ kernel's log */

static int kmsg = -1;

/**
 * kmsg_open - read what the kernel says from now on
 *
 * Return: 0 or a negative error.
 */
int kmsg_open(void)
{
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0 ? -errno : 0;
}

/**
 * kmsg_complaint - look whether the kernel has complained
 * @what: where to put what it said
 * @size: how much room there is
 *
 * Return: true if it has, since the last time.
 */
bool kmsg_complaint(char *what, size_t size)
{
	static const char *const words[] = {
		"WARNING", "BUG", "Oops", "KASAN", "UBSAN", "KCSAN",
		"general protection fault", "unable to handle", "Call Trace",
		"possible circular", "possible recursive", "suspicious RCU",
		"lockdep", "blocked for", "soft lockup", "detected stall",
		"refcount_t", "list_add corruption", "list_del corruption",
		"vfio_mig:",
	};
	bool found = false;
	char line[1024];
	ssize_t len;
	size_t i;

	for (;;) {
		char *text;

		len = read(kmsg, line, sizeof(line) - 1);
		if (len < 0 && errno == EPIPE)
			continue;
		if (len <= 0)
			return found;
		line[len] = '\0';
		text = strchr(line, ';');
		if (!text || found)
			continue;
		text[strcspn(text, "\n")] = '\0';
		for (i = 0; i < ARRAY_SIZE(words); i++)
			if (strstr(text, words[i]))
				found = true;
		if (found)
			snprintf(what, size, "kernel: %s", text + 1);
	}
}
