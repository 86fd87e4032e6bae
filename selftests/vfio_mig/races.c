// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two things at once, whichever two: each pair of what can be done is done side
 * by side until both have succeeded several times, and then all of them
 * together. Whoever listens meanwhile is told of everything, or that it has
 * missed something; and in the end there is what there should be.
 *
 * VFIO_MIG_RACES multiplies how often; where the kernel can have allocations
 * fail, some do in the last round.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "fault.h"
#include "mirror.h"
#include "nl.h"
#include "simdev.h"

#define DEVICES		"/sys/module/vfio_mig_sim/parameters/devices"
#define PROVIDER	"vfio_mig_provider"
#define BEGIN		"parents=1 devices=6"
/* How often each of two succeeds, and each of all. */
#define OFTEN_PAIR	1
#define OFTEN_ALL	3
#define SMALL		4096
/* No answer to a check is larger. */
#define ANSWER_MAX	16384
#define WORKERS		2
#define QUIET_MS	300
#define PATIENCE_MS	500

/* A worker is the first or the second of its kind. */
struct worker {
	unsigned int n;
	unsigned int seed;
};

/* What all processes see. */
struct shared {
	/* workers are to come to an end */
	bool stop;
	/* what each worker of a pair has done, and of which kind in all */
	unsigned int did[WORKERS];
	unsigned int all[32];
	/* of the listener */
	unsigned int events;
	unsigned int overruns;
	unsigned int instances;
	char wrong[128];
};

static struct shared *shared;
static struct bdfs bdfs;
static char core_path[256], sim_path[256], provider_path[256];
static int home_fd, away_fd;
/* Not in the fixture, which children share. */
static pid_t away_pid, listener_pid;

static __attribute__((constructor)) void share(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void is_wrong(const char *what, int err)
{
	if (!shared->wrong[0])
		snprintf(shared->wrong, sizeof(shared->wrong), "%s: %d", what,
			 err);
}

/*
 * Whether it was done. What it was about may be away, or in use, and there may
 * be no memory; anything else is not to happen.
 */
static bool done(const char *what, int err)
{
	switch (err) {
	case 0:
		return true;
	case -ENODEV:
	case -ENOENT:
	case -ENOMEM:
	case -ENOBUFS:
	case -EINTR:
	case -EBUSY:
	case -ERANGE:
	/* the module is about to go */
	case -EPROTONOSUPPORT:
		return false;
	}
	is_wrong(what, err);
	return false;
}

/* ---------------------------------------------------------------- requests */

static int open_in(struct nl *nl, int netns)
{
	int err;

	if (netns == home_fd)
		return nl_open(nl);
	if (setns(netns, CLONE_NEWNET))
		return -errno;
	err = nl_open(nl);
	if (setns(home_fd, CLONE_NEWNET))
		return -errno;
	return err;
}

static void name_sim(struct req *req, __u16 type, unsigned int n)
{
	__u32 nest = req_nest(req, type);
	char name[16];

	snprintf(name, sizeof(name), "sim%u", n);
	req_put_str(req, VFIO_MIG_A_OBJECT_BUS, "sim");
	req_put_str(req, VFIO_MIG_A_OBJECT_NAME, name);
	req_nest_end(req, nest);
}

static void put_u64(struct req *req, __u16 type, const char *name, __u64 value)
{
	__u32 nest = req_nest(req, type);

	req_put_str(req, VFIO_MIG_A_ATTR_NAME, name);
	req_put(req, VFIO_MIG_A_ATTR_U64, &value, sizeof(value));
	req_nest_end(req, nest);
}

/* A request of its own socket. */
static int ask_in(int netns, struct req *req)
{
	struct nl nl;
	int err = open_in(&nl, netns);

	if (err)
		return err;
	req->nlh.nlmsg_type = nl.family;
	err = nl_ack(&nl, req, NULL);
	nl_close(&nl);
	return err;
}

/* A dump's messages come in order of the ids, of devices and then of types. */
static __u32 last_id;
static unsigned int falls;

static void in_order(const struct nlmsghdr *nlh, void *arg)
{
	static struct obj obj;
	static struct answer answer;
	__u32 id = 0;

	if (answer_parse(nlh, &answer))
		id = answer.id;
	else if (obj_parse(nlh, &obj))
		id = obj.id;
	else
		is_wrong("a message that cannot be read", 0);
	falls += id <= last_id;
	last_id = id;
}

static int dump_in_order(struct req *req, size_t size, unsigned int falls_max)
{
	struct dump dump = { .bufsize = size, .message = in_order };
	struct nl nl;
	int err = nl_open(&nl);

	if (err)
		return err;
	last_id = 0;
	falls = 0;
	req->nlh.nlmsg_type = nl.family;
	err = nl_dump_req(&nl, req, &dump, NULL);
	nl_close(&nl);
	if (falls > falls_max)
		is_wrong("a dump is not in order", falls);
	return err;
}

/* ------------------------------------------------------- what can be done */

static bool do_rebind(struct worker *w)
{
	const char *bdf = bdfs.name[w->n % bdfs.n];

	return !bdf_unbind(bdf) & !bdf_bind(bdf);
}

static bool do_mtty(struct worker *w)
{
	return !mtty_create(w->n, 1) & !mtty_remove(w->n);
}

static bool do_mdev(struct worker *w)
{
	return !mdev_create(4 + w->n, 0, "net") & !mdev_destroy(4 + w->n);
}

static bool do_bare(struct worker *w)
{
	char n[16];

	/* not those of the others */
	snprintf(n, sizeof(n), "%u", 5 + rand_r(&w->seed) % 8);
	return !file_write(n, DEVICES);
}

static bool do_dump(struct worker *w)
{
	struct req req;
	int err;

	req_init(&req, 0, VFIO_MIG_CMD_DEV_GET, NLM_F_DUMP);
	err = dump_in_order(&req, SMALL, 0);
	if (!done("a dump of devices", err))
		return false;
	req_init(&req, 0, VFIO_MIG_CMD_TYPE_GET, NLM_F_DUMP);
	return done("a dump of types", dump_in_order(&req, SMALL, 0));
}

static void begin_check(struct req *req, __u16 flags)
{
	__u32 nest;

	req_init(req, 0, VFIO_MIG_CMD_CHECK, flags);
	nest = req_put(req, VFIO_MIG_A_CHECK_PROFILE, NULL, 0);
	put_u64(req, VFIO_MIG_A_OBJECT_ATTR, "own", 1);
	put_u64(req, VFIO_MIG_A_OBJECT_ATTR, "units", 2);
	req_nest_end(req, nest);
}

static bool do_check(struct worker *w)
{
	struct req req;

	begin_check(&req, 0);
	name_sim(&req, VFIO_MIG_A_CHECK_TARGET, 0);
	if (!done("a check", ask_in(home_fd, &req)))
		return false;
	begin_check(&req, NLM_F_DUMP);
	return done("a check of all", dump_in_order(&req, ANSWER_MAX, 1));
}

static int set_own(int netns, unsigned int n, __u64 value)
{
	struct req req;

	req_init(&req, 0, VFIO_MIG_CMD_ATTR_SET, 0);
	name_sim(&req, VFIO_MIG_A_CHANGE_TARGET, n);
	put_u64(&req, VFIO_MIG_A_CHANGE_ATTR, "own", value);
	return ask_in(netns, &req);
}

static bool do_attr(struct worker *w)
{
	unsigned int n = rand_r(&w->seed) % 4;
	struct req req;

	if (!done("attr-set", set_own(home_fd, n, rand_r(&w->seed))))
		return false;
	req_init(&req, 0, VFIO_MIG_CMD_ATTR_DEL, 0);
	name_sim(&req, VFIO_MIG_A_CHANGE_TARGET, n);
	req_put_str(&req, VFIO_MIG_A_CHANGE_NAME, "own");
	return done("attr-del", ask_in(home_fd, &req));
}

/* What is said of all, or of one driver, at home or elsewhere. */
static bool do_policy(struct worker *w)
{
	int netns = rand_r(&w->seed) & 1 ? home_fd : away_fd;
	bool set = rand_r(&w->seed) % 3;
	struct req req;

	req_init_policy(&req, 0,
			set ? VFIO_MIG_CMD_ATTR_SET : VFIO_MIG_CMD_ATTR_DEL,
			rand_r(&w->seed) & 1 ? NULL : "vfio-pci");
	if (set)
		put_u64(&req, VFIO_MIG_A_CHANGE_ATTR, "policy",
			rand_r(&w->seed));
	else
		req_put_str(&req, VFIO_MIG_A_CHANGE_NAME, "policy");
	return done("policy", ask_in(netns, &req));
}

static bool do_units(struct worker *w)
{
	struct req req;
	char uuid[64];
	__u32 nest;
	int err;

	snprintf(uuid, sizeof(uuid), UUID_FMT, 0);
	req_init(&req, 0, VFIO_MIG_CMD_ATTR_SET, 0);
	nest = req_nest(&req, VFIO_MIG_A_CHANGE_TARGET);
	req_put_str(&req, VFIO_MIG_A_OBJECT_BUS, "mdev");
	req_put_str(&req, VFIO_MIG_A_OBJECT_NAME, uuid);
	req_nest_end(&req, nest);
	put_u64(&req, VFIO_MIG_A_CHANGE_ATTR, "units",
		1 + rand_r(&w->seed) % 2);
	err = ask_in(home_fd, &req);
	/* it may not be described any more, or not be settable to that */
	return err != -EOPNOTSUPP && err != -EINVAL && done("units", err);
}

static int move(int from, unsigned int n, __u16 way, __u32 value)
{
	struct req req;

	req_init(&req, 0, VFIO_MIG_CMD_DEV_SET, 0);
	name_sim(&req, VFIO_MIG_A_MOVE_TARGET, n);
	req_put_u32(&req, way, value);
	return ask_in(from, &req);
}

static bool do_move(struct worker *w)
{
	unsigned int n = 1 + w->n;
	bool went, came;

	went = done("dev-set", move(home_fd, n, VFIO_MIG_A_MOVE_NETNS_FD,
				    away_fd));
	if (went)
		done("attr-set there", set_own(away_fd, n, 7));
	came = done("dev-set home", move(away_fd, n, VFIO_MIG_A_MOVE_NETNS_FD,
					 home_fd));
	return went && came;
}

/* A namespace that dies with a device in it. */
static bool do_death(struct worker *w)
{
	int fds[2], err;
	pid_t pid;
	char byte;

	if (pipe2(fds, O_CLOEXEC))
		return false;
	pid = fork_tied();
	if (!pid) {
		if (unshare(CLONE_NEWNET) || write(fds[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	err = read(fds[0], &byte, 1) == 1 ? 0 : -ENOMEM;
	close(fds[0]);
	if (!err)
		err = move(home_fd, 3 + w->n, VFIO_MIG_A_MOVE_NETNS_PID, pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return done("dev-set by pid", err);
}

static int insert(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, params, 0))
		err = -errno;
	close(fd);
	return err;
}

static bool do_provider(struct worker *w)
{
	int err = insert(provider_path, "registered=1 says=\"u64 said 1\"");

	if (err)
		return false;
	sleep_ms(rand_r(&w->seed) % 8);
	while ((err = mod_remove(PROVIDER)) == -EAGAIN)
		sleep_ms(1);
	return !err;
}

static bool do_reload(struct worker *w)
{
	__u64 end = now_ms() + PATIENCE_MS;
	int err;

	mod_remove(NAME);
	/* whoever asks holds it for a moment, and they are many */
	do {
		err = mod_remove("vfio_mig");
	} while (err == -EAGAIN && now_ms() < end);
	insert(core_path, "");
	insert(sim_path, BEGIN);
	mdev_create(0, 0, "gpu-8");
	sleep_ms(rand_r(&w->seed) % 16);
	return !err;
}

/* A reader that takes its time, and then all the rest, or nothing more. */
static bool do_suspended(struct worker *w)
{
	static char buf[ANSWER_MAX];
	bool check = rand_r(&w->seed) % 2;
	struct req req;
	struct nl nl;
	ssize_t len;
	int err;

	err = nl_open(&nl);
	if (!done("a socket", err))
		return false;
	if (check)
		begin_check(&req, NLM_F_DUMP);
	else
		req_init(&req, 0, VFIO_MIG_CMD_DEV_GET, NLM_F_DUMP);
	req.nlh.nlmsg_type = nl.family;
	err = nl_send(&nl, &req);
	if (!err) {
		len = nl_recv(&nl, buf, sizeof(buf), 0);
		err = len < 0 ? len : 0;
	}
	sleep_ms(rand_r(&w->seed) % 8);
	while (!err && rand_r(&w->seed) % 8) {
		const struct nlmsghdr *nlh = (const void *)buf;

		if (nlh->nlmsg_type == NLMSG_DONE ||
		    nlh->nlmsg_type == NLMSG_ERROR)
			break;
		len = nl_recv(&nl, buf, sizeof(buf), MSG_DONTWAIT);
		err = len < 0 && len != -EAGAIN ? len : 0;
		if (len < 0)
			break;
	}
	nl_close(&nl);
	return done("a slow dump", err);
}

/* A device that is open, is saved, and is given what it refuses. */
static bool do_stream(struct worker *w)
{
	static char buf[SMALL];
	struct dev dev;
	bool did = false;
	int fd;

	if (dev_open(&dev, 0))
		return false;
	if (!mig_set(&dev, VFIO_DEVICE_STATE_STOP_COPY, &fd)) {
		did = read(fd, buf, sizeof(buf)) > 0;
		close(fd);
		mig_set(&dev, VFIO_DEVICE_STATE_RUNNING, &fd);
	}
	if (!mig_set(&dev, VFIO_DEVICE_STATE_RESUMING, &fd)) {
		did &= write(fd, "this is no header whatever", 24) < 0;
		close(fd);
	}
	dev_close(&dev);
	return did;
}

static const struct kind {
	const char *name;
	bool (*once)(struct worker *w);
	/* what it needs, or NULL */
	bool (*can)(void);
	/* it brings modules in, or takes them out */
	bool modules;
} kinds[] = {
	{ "rebind", do_rebind },
	{ "mtty", do_mtty, mtty_there },
	{ "mdev", do_mdev },
	{ "bare", do_bare },
	{ "dump", do_dump },
	{ "check", do_check },
	{ "attr", do_attr },
	{ "policy", do_policy },
	{ "units", do_units },
	{ "move", do_move },
	{ "death", do_death },
	{ "provider", do_provider, NULL, true },
	{ "reload", do_reload, NULL, true },
	{ "suspended", do_suspended },
	{ "stream", do_stream },
};

#define KINDS	((unsigned int)ARRAY_SIZE(kinds))

static bool can(unsigned int kind)
{
	return !kinds[kind].can || kinds[kind].can();
}

/* --------------------------------------------------------------- a listener */

/*
 * For as long as there is one instance, each number follows the one before. Who
 * has missed something is told before what still waits for him, in which it may
 * be missing anywhere.
 */
static void listen_to(struct nl *nl, struct nl *mon)
{
	struct status begin, status;
	static struct obj event;
	bool missed = false;
	__u64 seq = 0;
	int err;

	if (nl_status(nl, &begin) || nl_join(mon))
		return;
	shared->instances++;
	for (;;) {
		err = nl_event(mon, &event, missed ? 0 : 50);
		if (err == -ENOBUFS) {
			shared->overruns++;
			missed = true;
		} else if (!err) {
			if (seq && !missed && event.seq != seq + 1)
				is_wrong("an event follows another", event.seq);
			seq = event.seq;
			shared->events++;
		} else if (err == -EAGAIN && missed) {
			missed = false;
			seq = 0;
		} else if (err != -EAGAIN) {
			is_wrong("an event", err);
			return;
		} else if (nl_status(nl, &status) ||
			   status.instance != begin.instance) {
			return;
		}
	}
}

static void listener(void)
{
	struct nl nl, mon;

	for (;;) {
		/* who asks for the family would load it */
		if (!mod_loaded("vfio_mig") || nl_open(&nl)) {
			sleep_ms(20);
			continue;
		}
		if (!nl_open(&mon)) {
			listen_to(&nl, &mon);
			nl_close(&mon);
		}
		nl_close(&nl);
	}
}

/* ----------------------------------------------------------------- workers */

static void work(unsigned int kind, unsigned int n, unsigned int *did)
{
	struct worker w = { .n = n, .seed = kind * 16 + n + 1 };

	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)) {
		if (kinds[kind].once(&w)) {
			__atomic_add_fetch(did, 1, __ATOMIC_RELAXED);
			__atomic_add_fetch(&shared->all[kind], 1,
					   __ATOMIC_RELAXED);
		} else {
			sleep_ms(1);
		}
	}
	_exit(0);
}

/* They are not killed while they have taken something out. */
static void stop_all(const pid_t *pids, unsigned int n)
{
	__atomic_store_n(&shared->stop, true, __ATOMIC_RELAXED);
	while (n-- > 0)
		waitpid(pids[n], NULL, 0);
	__atomic_store_n(&shared->stop, false, __ATOMIC_RELAXED);
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static unsigned int often(unsigned int n)
{
	const char *times = getenv("VFIO_MIG_RACES");

	return n * (times ? atoi(times) : 1);
}

/* Until each has done it so often, or something is wrong. */
static bool wait_for(const unsigned int *const did[], unsigned int n,
		     unsigned int want)
{
	/* each time, for each of them */
	__u64 end = now_ms() + (__u64)want * n * SOON_MS;
	unsigned int i;

	for (;;) {
		for (i = 0; i < n; i++)
			if (__atomic_load_n(did[i], __ATOMIC_RELAXED) < want)
				break;
		if (i == n || shared->wrong[0])
			return i == n;
		if (now_ms() > end)
			return false;
		sleep_ms(2);
	}
}

static void race(struct __test_metadata *_metadata, unsigned int a,
		 unsigned int b)
{
	const unsigned int *const did[] = { &shared->did[0], &shared->did[1] };
	pid_t pids[WORKERS];
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		shared->did[i] = 0;
		pids[i] = fork_tied();
		ASSERT_LE(0, pids[i]);
		/* of the same thing, either may do it more often */
		if (!pids[i])
			work(i ? b : a, i, &shared->did[a == b ? 0 : i]);
	}
	EXPECT_TRUE(wait_for(did, a == b ? 1 : WORKERS, often(OFTEN_PAIR))) {
		TH_LOG("%s %u times, %s %u times", kinds[a].name,
		       shared->did[0], kinds[b].name, shared->did[1]);
	}
	stop_all(pids, WORKERS);
	EXPECT_STREQ("", shared->wrong) {
		TH_LOG("while %s and %s", kinds[a].name, kinds[b].name);
	}
}

/* ------------------------------------------------------------------- tests */

/* What the parent undoes. */
FIXTURE(races) {
	struct bdfs bdfs;
};

static int make_away(void)
{
	char path[64], byte;
	int fds[2];

	home_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home_fd < 0 || pipe2(fds, O_CLOEXEC))
		return -errno;
	away_pid = fork_tied();
	if (!away_pid) {
		if (unshare(CLONE_NEWNET) || write(fds[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(fds[0], &byte, 1) != 1)
		return -ECHILD;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", away_pid);
	away_fd = open(path, O_RDONLY | O_CLOEXEC);
	return away_fd < 0 ? -errno : 0;
}

FIXTURE_SETUP(races)
{
	if (run("modprobe -q " NAME))
		SKIP(return, "needs vfio_mig_sim");
	if (!mod_loaded("vfio_mig"))
		SKIP(return, "vfio_mig is not a module");
	if (mod_path(core_path, sizeof(core_path), "vfio_mig") ||
	    mod_path(sim_path, sizeof(sim_path), NAME) ||
	    mod_path(provider_path, sizeof(provider_path), PROVIDER))
		SKIP(return, "needs the module " PROVIDER);
	if (bdfs_get(&bdfs) < 2)
		SKIP(return, "needs two PCI devices in " ENV_BDF);
	self->bdfs = bdfs;
	mtty_clean();
	destroy_all();
	mod_remove(PROVIDER);
	ASSERT_EQ(0, mod_remove(NAME));
	ASSERT_EQ(0, insert(sim_path, BEGIN));
	ASSERT_EQ(0, mdev_create(0, 0, "gpu-8"));
	ASSERT_EQ(0, make_away());
	memset(shared, 0, sizeof(*shared));
	listener_pid = fork_tied();
	ASSERT_LE(0, listener_pid);
	if (!listener_pid)
		listener();
}

FIXTURE_TEARDOWN_PARENT(races)
{
	fault_end();
	if (!mod_loaded("vfio_mig"))
		insert(core_path, "");
	run("modprobe -q " NAME);
	mod_remove(PROVIDER);
	mtty_clean();
	destroy_all();
	file_write("0", DEVICES);
	file_write("0", PARENTS);
	bdfs_restore(&self->bdfs);
}

/* Nothing is lost, nothing is left, and what can go goes. */
static void in_the_end(struct __test_metadata *_metadata, bool modules)
{
	static struct mirror m;
	__u64 end = now_ms() + SOON_MS;
	struct status status;
	unsigned int i, did;
	int err;

	stop(listener_pid);
	stop(away_pid);
	close(away_fd);
	if (mod_loaded(PROVIDER))
		EXPECT_EQ(0, mod_remove(PROVIDER));
	if (!mod_loaded("vfio_mig"))
		EXPECT_EQ(0, insert(core_path, ""));
	if (!mod_loaded(NAME))
		EXPECT_EQ(0, insert(sim_path, BEGIN));
	bdfs_restore(&bdfs);
	mtty_clean();
	destroy_all();
	EXPECT_EQ(0, file_write("6", DEVICES));

	ASSERT_EQ(0, mirror_open(&m));
	do {
		mirror_take(&m, QUIET_MS);
		ASSERT_EQ(0, nl_status(&m.nl, &status));
	} while ((status.undescribed || status.devices < bdfs.n + 6) &&
		 now_ms() < end);
	EXPECT_EQ(0, status.undescribed);
	EXPECT_EQ(0, run("test $(ls /sys/class/vfio-dev | wc -l) = %u",
			 status.devices - 6));
	mirror_take(&m, QUIET_MS);
	EXPECT_EQ(NULL, mirror_check(&m));
	mirror_close(&m);

	for (i = 0; i < KINDS; i++) {
		did = shared->all[i];
		TH_LOG("%s: %u times", kinds[i].name, did);
		EXPECT_TRUE(did || !can(i) || (kinds[i].modules && !modules));
	}
	TH_LOG("%u events, %u overruns, %u instances told of", shared->events,
	       shared->overruns, shared->instances);
	EXPECT_LT(30, shared->events);
	EXPECT_LE(modules ? 2 : 1, shared->instances);
	EXPECT_STREQ("", shared->wrong);

	ASSERT_EQ(0, mod_remove(NAME));
	end = now_ms() + SOON_MS;
	do {
		err = mod_remove("vfio_mig");
	} while (err == -EAGAIN && now_ms() < end);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, run("modprobe " NAME));
}

TEST_F_TIMEOUT(races, pairs, 3600)
{
	unsigned int a, b;

	for (a = 0; a < KINDS; a++)
		for (b = a; b < KINDS && !_metadata->exit_code; b++)
			if (can(a) && can(b))
				race(_metadata, a, b);
	in_the_end(_metadata, true);
}

static void all_at_once(struct __test_metadata *_metadata, bool modules)
{
	const unsigned int *did[ARRAY_SIZE(kinds)];
	pid_t pids[ARRAY_SIZE(kinds)];
	unsigned int i, n = 0;

	for (i = 0; i < KINDS; i++) {
		if (!can(i) || (kinds[i].modules && !modules))
			continue;
		did[n] = &shared->all[i];
		pids[n] = fork_tied();
		ASSERT_LE(0, pids[n]);
		if (!pids[n])
			work(i, 0, &shared->did[0]);
		n++;
	}
	EXPECT_TRUE(wait_for(did, n, often(OFTEN_ALL)));
	stop_all(pids, n);
}

TEST_F_TIMEOUT(races, all, 3600)
{
	all_at_once(_metadata, true);
	in_the_end(_metadata, true);
}

TEST_F_TIMEOUT(races, all_with_little_memory, 3600)
{
	if (!fault_there()) {
		stop(listener_pid);
		stop(away_pid);
		SKIP(return, "the kernel is without fault injection");
	}
	/* a module that comes again is at another address */
	ASSERT_EQ(0, fault_begin(FAULT_CORE));
	ASSERT_EQ(0, fault_percent(5));
	all_at_once(_metadata, false);
	fault_end();
	in_the_end(_metadata, false);
}

TEST_HARNESS_MAIN
