// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wherever there is no memory: each request, and each way by which a device
 * comes or goes, has its first allocation fail, then its second, and so on
 * until it succeeds. What fails says so, and has changed nothing; what is done
 * all the same is all done, sooner or later; and who listens knows all there
 * is, or knows that it does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
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
#define REGISTERED	"/sys/module/" PROVIDER "/parameters/registered"
/* No request has as many allocations, and all together have more than these. */
#define POINTS_MAX	2000
#define POINTS_MIN	500
#define SMALL		4096
/* No answer to a check is larger. */
#define ANSWER_MAX	16384
#define NSID		4711
#define QUIET_MS	100

/* What was reached, by all tests, each of which is a process of its own. */
static unsigned int *points;

static __attribute__((constructor)) void share(void)
{
	points = mmap(NULL, sizeof(*points), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* All that a test works with. */
static struct {
	struct mirror home;
	struct mirror away;
	/* of the request, and new each time */
	struct nl nl;
	/* the target: a bare device, or a mediated one */
	struct obj dev;
	struct obj type;
	unsigned int devices;
	unsigned int types;
	/* what is set next */
	__u64 value;
	/* a process in another network namespace, which is that one's only */
	pid_t pid;
	int away_fd;
	int home_fd;
	/* an open device */
	struct dev open;
	int data_fd;
	/* streams that it has refused, and when the last one was */
	__u64 refusals;
	__u64 refused_ms;
	struct bdfs bdfs;
} t;

/* ---------------------------------------------------------------- requests */

static void name_id(struct req *req, __u16 type, __u32 id)
{
	__u32 nest = req_nest(req, type);

	req_put_u32(req, VFIO_MIG_A_OBJECT_ID, id);
	req_nest_end(req, nest);
}

static void put_u64(struct req *req, __u16 type, const char *name, __u64 value)
{
	__u32 nest = req_nest(req, type);

	req_put_str(req, VFIO_MIG_A_ATTR_NAME, name);
	req_put(req, VFIO_MIG_A_ATTR_U64, &value, sizeof(value));
	req_nest_end(req, nest);
}

static void count(const struct nlmsghdr *nlh, void *arg)
{
	unsigned int *n = arg;

	++*n;
}

/* A request that one message answers. */
static int ask(struct req *req, struct ack *ack)
{
	unsigned int n = 0;
	int err = nl_transact(&t.nl, req, ack, count, &n);

	return err ?: n == 1 ? 0 : -EPROTO;
}

/* A dump, of so many messages, none of which is larger than that. */
static int ask_all(struct req *req, size_t size, unsigned int want,
		   struct ack *ack)
{
	/* the smaller the buffers, the more are allocated */
	struct dump dump = { .bufsize = size };
	int err = nl_dump_req(&t.nl, req, &dump, NULL);

	*ack = dump.ack;
	return err ?: dump.messages == want && !dump.intr ? 0 : -EPROTO;
}

static int status_do(struct ack *ack)
{
	struct req req;

	req_init(&req, t.nl.family, VFIO_MIG_CMD_STATUS_GET, 0);
	return ask(&req, ack);
}

static int get_do(__u8 cmd, __u32 id, struct ack *ack)
{
	struct req req;

	req_init(&req, t.nl.family, cmd, 0);
	req_put_u32(&req, VFIO_MIG_A_OBJECT_ID, id);
	return ask(&req, ack);
}

static int get_dump(__u8 cmd, unsigned int want, struct ack *ack)
{
	struct req req;

	req_init(&req, t.nl.family, cmd, NLM_F_DUMP);
	return ask_all(&req, SMALL, want, ack);
}

static int dev_do(struct ack *ack)
{
	return get_do(VFIO_MIG_CMD_DEV_GET, t.dev.id, ack);
}

static int dev_dump(struct ack *ack)
{
	return get_dump(VFIO_MIG_CMD_DEV_GET, t.devices, ack);
}

static int type_do(struct ack *ack)
{
	return get_do(VFIO_MIG_CMD_TYPE_GET, t.type.id, ack);
}

static int type_dump(struct ack *ack)
{
	return get_dump(VFIO_MIG_CMD_TYPE_GET, t.types, ack);
}

static void begin_check(struct req *req, __u16 flags, bool brought)
{
	__u32 nest;

	req_init(req, t.nl.family, VFIO_MIG_CMD_CHECK, flags);
	if (!brought) {
		name_id(req, VFIO_MIG_A_CHECK_SOURCE, t.dev.id);
		return;
	}
	nest = req_put(req, VFIO_MIG_A_CHECK_PROFILE, NULL, 0);
	put_u64(req, VFIO_MIG_A_OBJECT_ATTR, "a", 1);
	put_u64(req, VFIO_MIG_A_OBJECT_ATTR, "b", 2);
	req_nest_end(req, nest);
}

static int check_do(bool brought, struct ack *ack)
{
	struct req req;

	begin_check(&req, 0, brought);
	name_id(&req, VFIO_MIG_A_CHECK_TARGET, t.type.id);
	return ask(&req, ack);
}

static int check_here_do(struct ack *ack)
{
	return check_do(false, ack);
}

static int check_brought_do(struct ack *ack)
{
	return check_do(true, ack);
}

static int check_here_dump(struct ack *ack)
{
	struct req req;

	begin_check(&req, NLM_F_DUMP, false);
	return ask_all(&req, ANSWER_MAX, t.devices + t.types - 1, ack);
}

static int check_brought_dump(struct ack *ack)
{
	struct req req;

	begin_check(&req, NLM_F_DUMP, true);
	return ask_all(&req, ANSWER_MAX, t.devices + t.types, ack);
}

/* ----------------------------------------------------------------- changes */

static int set_u64(struct nl *nl, const char *name, __u64 value,
		   struct ack *ack)
{
	struct req req;

	req_init(&req, nl->family, VFIO_MIG_CMD_ATTR_SET, 0);
	name_id(&req, VFIO_MIG_A_CHANGE_TARGET, t.dev.id);
	put_u64(&req, VFIO_MIG_A_CHANGE_ATTR, name, value);
	return nl_ack(nl, &req, ack);
}

/* ~0 if it has no such attribute, or is not there. */
static __u64 number(struct mirror *m, const char *name)
{
	struct obj which = { .id = t.dev.id };
	const struct nlattr *nla;
	static struct obj obj;
	__u64 value = ~0ULL;

	if (nl_get(&m->nl, VFIO_MIG_CMD_DEV_GET, &which, &obj, NULL))
		return value;
	nla = obj_value(&obj, name, VFIO_MIG_A_ATTR_U64);
	if (nla)
		memcpy(&value, attr_data(nla), sizeof(value));
	return value;
}

static int next_value(void)
{
	t.value++;
	return 0;
}

static int set_do(struct ack *ack)
{
	return set_u64(&t.nl, "own", t.value, ack);
}

static bool is_set(void)
{
	return number(&t.home, "own") == t.value;
}

static int set_before(void)
{
	return set_u64(&t.home.nl, "own", 1, NULL);
}

static int del_do(struct ack *ack)
{
	struct req req;

	req_init(&req, t.nl.family, VFIO_MIG_CMD_ATTR_DEL, 0);
	name_id(&req, VFIO_MIG_A_CHANGE_TARGET, t.dev.id);
	req_put_str(&req, VFIO_MIG_A_CHANGE_NAME, "own");
	return nl_ack(&t.nl, &req, ack);
}

static bool is_deleted(void)
{
	return number(&t.home, "own") == ~0ULL;
}

static int say_of(struct nl *nl, const char *driver, __u64 value,
		  struct ack *ack)
{
	struct req req;

	req_init_policy(&req, nl->family, VFIO_MIG_CMD_ATTR_SET, driver);
	put_u64(&req, VFIO_MIG_A_CHANGE_ATTR, "own", value);
	return nl_ack(nl, &req, ack);
}

static int driver_do(struct ack *ack)
{
	return say_of(&t.nl, NAME, t.value, ack);
}

static int all_do(struct ack *ack)
{
	return say_of(&t.nl, NULL, t.value, ack);
}

static int said_of_all(void)
{
	return say_of(&t.home.nl, NULL, 1, NULL);
}

static int nothing_of_all_do(struct ack *ack)
{
	struct req req;

	req_init_policy(&req, t.nl.family, VFIO_MIG_CMD_ATTR_DEL, NULL);
	req_put_str(&req, VFIO_MIG_A_CHANGE_NAME, "own");
	return nl_ack(&t.nl, &req, ack);
}

static int nothing_of_driver(void)
{
	struct req req;
	int err;

	req_init_policy(&req, t.home.nl.family, VFIO_MIG_CMD_ATTR_DEL, NAME);
	req_put_str(&req, VFIO_MIG_A_CHANGE_NAME, "own");
	err = nl_ack(&t.home.nl, &req, NULL);
	t.value++;
	return err == -ENOENT ? 0 : err;
}

/* There is one of all. */
static int policy_dump(struct ack *ack)
{
	return get_dump(VFIO_MIG_CMD_POLICY_GET, 1, ack);
}

/* The other number of units, which the driver sets. */
static int other_units(void)
{
	t.value = 3 - number(&t.home, "units");
	return t.value == 1 || t.value == 2 ? 0 : -ERANGE;
}

static int units_do(struct ack *ack)
{
	return set_u64(&t.nl, "units", t.value, ack);
}

static bool has_units(void)
{
	return number(&t.home, "units") == t.value;
}

/* Both at once: what is ours, and what is the driver's. */
static int both_do(struct ack *ack)
{
	struct req req;

	req_init(&req, t.nl.family, VFIO_MIG_CMD_ATTR_SET, 0);
	name_id(&req, VFIO_MIG_A_CHANGE_TARGET, t.dev.id);
	put_u64(&req, VFIO_MIG_A_CHANGE_ATTR, "own", t.value);
	put_u64(&req, VFIO_MIG_A_CHANGE_ATTR, "units", t.value);
	return nl_ack(&t.nl, &req, ack);
}

static bool has_both(void)
{
	return has_units() && is_set();
}

/* ------------------------------------------------------------------- moves */

static int move(struct nl *nl, __u16 way, __u32 value, struct ack *ack)
{
	struct req req;

	req_init(&req, nl->family, VFIO_MIG_CMD_DEV_SET, 0);
	name_id(&req, VFIO_MIG_A_MOVE_TARGET, t.dev.id);
	req_put_u32(&req, way, value);
	return nl_ack(nl, &req, ack);
}

static bool is_in(struct mirror *m)
{
	return number(m, "sim.index") != ~0ULL;
}

static int go_home(void)
{
	if (is_in(&t.home))
		return 0;
	return move(&t.away.nl, VFIO_MIG_A_MOVE_NETNS_FD, t.home_fd, NULL);
}

static int go_away(void)
{
	if (is_in(&t.away))
		return 0;
	return move(&t.home.nl, VFIO_MIG_A_MOVE_NETNS_FD, t.away_fd, NULL);
}

static int fd_do(struct ack *ack)
{
	return move(&t.nl, VFIO_MIG_A_MOVE_NETNS_FD, t.away_fd, ack);
}

static int pid_do(struct ack *ack)
{
	return move(&t.nl, VFIO_MIG_A_MOVE_NETNS_PID, t.pid, ack);
}

static int nsid_do(struct ack *ack)
{
	return move(&t.nl, VFIO_MIG_A_MOVE_NETNS_NSID, NSID, ack);
}

static int home_do(struct ack *ack)
{
	return move(&t.nl, VFIO_MIG_A_MOVE_NETNS_FD, t.home_fd, ack);
}

static bool is_away(void)
{
	return is_in(&t.away) && !is_in(&t.home);
}

static bool is_home(void)
{
	return is_in(&t.home) && !is_in(&t.away);
}

/* -------------------------------------------------------- coming and going */

static int unbound(void)
{
	if (!file_is("/sys/bus/pci/drivers/vfio-pci/%s", t.bdfs.name[0]))
		return 0;
	return bdf_unbind(t.bdfs.name[0]);
}

static int bound(void)
{
	if (file_is("/sys/bus/pci/drivers/vfio-pci/%s", t.bdfs.name[0]))
		return 0;
	return bdf_bind(t.bdfs.name[0]);
}

static int bind_do(struct ack *ack)
{
	return bdf_bind(t.bdfs.name[0]);
}

static int unbind_do(struct ack *ack)
{
	return bdf_unbind(t.bdfs.name[0]);
}

static bool has(const char *bus, const char *name)
{
	return !nl_get_handle(&t.home.nl, VFIO_MIG_CMD_DEV_GET, bus, NULL, name,
			      NULL);
}

static bool is_bound(void)
{
	return has("pci", t.bdfs.name[0]);
}

static bool is_unbound(void)
{
	return !is_bound();
}

static int without_mtty(void)
{
	mtty_clean();
	return 0;
}

static int with_mtty(void)
{
	mtty_clean();
	return mtty_create(0, 1);
}

static int mtty_do(struct ack *ack)
{
	return mtty_create(0, 1);
}

static int mtty_gone_do(struct ack *ack)
{
	return mtty_remove(0);
}

static bool has_mtty(void)
{
	char uuid[64];

	mtty_uuid(uuid, sizeof(uuid), 0);
	return has("mdev", uuid) &&
	       !nl_get_handle(&t.home.nl, VFIO_MIG_CMD_TYPE_GET, "mdev", "mtty",
			      "mtty-2", NULL);
}

static bool has_no_mtty(void)
{
	struct status status;

	return !nl_status(&t.home.nl, &status) &&
	       status.types == t.types && status.devices == t.devices;
}

static int without_mdev(void)
{
	return file_is(MDEV_FMT, 1) ? mdev_destroy(1) : 0;
}

static int mdev_do(struct ack *ack)
{
	return mdev_create(1, 0, "net");
}

static bool has_mdev(void)
{
	char uuid[64];

	snprintf(uuid, sizeof(uuid), UUID_FMT, 1);
	return has("mdev", uuid);
}

static int unregistered(void)
{
	return file_write("0", REGISTERED);
}

static int registered(void)
{
	int err = file_write("1", REGISTERED);

	return err == -EALREADY ? 0 : err;
}

static int register_do(struct ack *ack)
{
	return file_write("1", REGISTERED);
}

static int unregister_do(struct ack *ack)
{
	return file_write("0", REGISTERED);
}

static bool is_declared(void)
{
	static struct obj obj;
	const struct nlattr *nla;

	if (nl_get_handle(&t.home.nl, VFIO_MIG_CMD_DEV_GET, "pci", NULL,
			  t.bdfs.name[0], &obj))
		return false;
	nla = obj_value(&obj, "declared", VFIO_MIG_A_ATTR_BOOL);
	return nla && *(const __u8 *)attr_data(nla) && obj_attr(&obj, "said");
}

static bool is_undeclared(void)
{
	return is_bound() && !is_declared();
}

static int bare_before(void)
{
	return file_write("2", DEVICES);
}

static int bare_do(struct ack *ack)
{
	return file_write("4", DEVICES);
}

static bool has_bare(void)
{
	return has("sim", "sim2") && has("sim", "sim3");
}

/* ----------------------------------------------------------------- streams */

static int running(void)
{
	close(t.data_fd);
	t.data_fd = -1;
	return ioctl(t.open.fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

static int save_do(struct ack *ack)
{
	return mig_set(&t.open, VFIO_DEVICE_STATE_STOP_COPY, &t.data_fd);
}

static int resume_do(struct ack *ack)
{
	return mig_set(&t.open, VFIO_DEVICE_STATE_RESUMING, &t.data_fd);
}

/* A header and a state, or none. */
static bool has_file(void)
{
	char magic[8];

	if (t.data_fd < 0)
		return false;
	return mig_get(&t.open) == VFIO_DEVICE_STATE_RESUMING ||
	       (read(t.data_fd, magic, sizeof(magic)) == sizeof(magic) &&
		!memcmp(magic, "VFIO_MIG", sizeof(magic)));
}

static int resuming(void)
{
	struct ack ack;

	return running() ?: resume_do(&ack);
}

/* It is refused, whatever memory there is. */
static int refuse_do(struct ack *ack)
{
	static const char garbage[24] = "this is no header";

	if (write(t.data_fd, garbage, sizeof(garbage)) != -1 ||
	    errno != EBADMSG)
		return -EPROTO;
	t.refusals++;
	t.refused_ms = now_ms();
	return 0;
}

static __u64 refusals(void)
{
	struct obj which = { .id = t.dev.id };
	const struct nlattr *nla = NULL;
	static struct obj obj;
	__u64 n = 0;

	if (nl_get(&t.home.nl, VFIO_MIG_CMD_DEV_GET, &which, &obj, NULL))
		return 0;
	while ((nla = attr_next(nla, obj.wire, obj.len)))
		if (attr_type(nla) == VFIO_MIG_A_OBJECT_REFUSED)
			break;
	nla = nla ? attr_member(nla, VFIO_MIG_A_REFUSED_COUNT) : NULL;
	if (nla)
		memcpy(&n, attr_data(nla), sizeof(n));
	return n;
}

/* One for which there was no memory is told of by the next one. */
static bool is_told(void)
{
	struct ack ack;

	if (refusals() == t.refusals)
		return true;
	/* they are told of once a second */
	if (now_ms() > t.refused_ms + 2500 && !resuming())
		refuse_do(&ack);
	return false;
}

/* -------------------------------------------------------------- namespaces */

/* A socket for a request, in a namespace. */
static int open_in(int netns)
{
	int err, here = netns == t.home_fd;

	if (!here && setns(netns, CLONE_NEWNET))
		return -errno;
	err = nl_open_raw(&t.nl);
	if (!here && setns(t.home_fd, CLONE_NEWNET))
		return -errno;
	t.nl.family = t.home.nl.family;
	return err;
}

/* The other namespace has a number here. */
static int number_it(void)
{
	struct {
		struct nlmsghdr nlh;
		struct rtgenmsg gen;
		/* where a struct rtgenmsg ends, padded */
		__u8 pad[3];
		struct nlattr id_attr;
		__s32 id;
		struct nlattr fd_attr;
		__u32 fd;
	} req = {
		.nlh = {
			.nlmsg_len = sizeof(req),
			.nlmsg_type = RTM_NEWNSID,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.id_attr = { NLA_HDRLEN + 4, NETNSA_NSID },
		.id = NSID,
		.fd_attr = { NLA_HDRLEN + 4, NETNSA_FD },
		.fd = t.away_fd,
	};
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr err;
	} ack;
	int fd, err = -EPROTO;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	if (send(fd, &req, sizeof(req), 0) == sizeof(req) &&
	    recv(fd, &ack, sizeof(ack), 0) == sizeof(ack))
		err = ack.err.error;
	close(fd);
	return err;
}

/* A process that has another namespace, and t.away in it. */
static int make_away(void)
{
	char path[64], byte;
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	t.pid = fork_tied();
	if (!t.pid) {
		if (unshare(CLONE_NEWNET) || write(fds[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	err = read(fds[0], &byte, 1) == 1 ? 0 : -ECHILD;
	close(fds[0]);
	if (err)
		return err;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", t.pid);
	t.away_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (t.away_fd < 0 || setns(t.away_fd, CLONE_NEWNET))
		return -errno;
	err = mirror_open(&t.away);
	if (setns(t.home_fd, CLONE_NEWNET))
		return -errno;
	return err ?: number_it();
}

/* Nobody is left in it. */
static void end_away(void)
{
	mirror_close(&t.away);
	close(t.away_fd);
	kill(t.pid, SIGKILL);
	waitpid(t.pid, NULL, 0);
	t.pid = 0;
}

/* -------------------------------------------------------------- every point */

/* Where a request may be told of its success, or not. */
enum told {
	/* it changes nothing */
	ASKS,
	/* at once, with its events */
	CHANGES,
	/* at once, but others follow, or do it a little later */
	LATER,
};

struct op {
	const char *name;
	enum told told;
	/* what it begins with; or NULL */
	int (*prepare)(void);
	/* what is done; of a request, its answer */
	int (*act)(struct ack *ack);
	/* is that done; or NULL */
	bool (*done)(void);
	/* how many allocations there are at least, 0: not to be tried */
	unsigned int points[FAULT_SCOPES];
	/* it is done from elsewhere */
	bool away;
};

static const char *look(void)
{
	const char *wrong = mirror_check(&t.home);

	if (!wrong && t.pid)
		wrong = mirror_check(&t.away);
	return wrong;
}

/* Until nothing happens any more. */
static void settle(int quiet_ms)
{
	unsigned int n;

	do {
		n = mirror_take(&t.home, quiet_ms);
		if (t.pid)
			n += mirror_take(&t.away, quiet_ms);
	} while (n);
}

static bool soon(bool (*done)(void))
{
	__u64 end = now_ms() + SOON_MS;

	while (!done()) {
		if (now_ms() > end)
			return false;
		sleep_ms(20);
	}
	return true;
}

/* What came of one attempt. Returns what is wrong, or NULL. */
static const char *judge(const struct op *op, enum fault_scope scope,
			 bool reached, int err, const struct ack *ack,
			 const struct status *before)
{
	/* of what was done it may be the acknowledgment that was lost */
	bool lost = err == -ENOBUFS && scope == FAULT_ALL;
	struct status after;
	bool changed;

	if (err && !reached)
		return "it fails, and nothing has failed";
	if (err == -EPROTO)
		return "the answer is not whole";
	if (ack->err == err && scope == FAULT_CORE && err && !ack->has_msg)
		return "it does not say why";
	if (nl_status(&t.home.nl, &after))
		return "the state cannot be told";
	changed = after.seq != before->seq;

	switch (op->told) {
	case ASKS:
		if (changed)
			return "something has changed";
		if (op->done && op->done() == !!err)
			return "it is not what it says";
		break;
	case CHANGES:
		if (changed != op->done())
			return "an event without a change, or the other way";
		if (!changed && !err)
			return "it succeeds, and nothing has changed";
		if (changed && err && !lost)
			return "it fails, and something has changed";
		break;
	case LATER:
		if (!err && !soon(op->done))
			return "it is not done, not even later";
		if (err && !lost && op->done())
			return "it fails, and is done";
		settle(QUIET_MS);
	}
	return look();
}

static const char * const scopes[] = {
	[FAULT_ALL] = "all",
	[FAULT_CORE] = "vfio_mig's",
	[FAULT_SIM] = "vfio_mig_sim's",
	[FAULT_INIT] = "of the beginning",
};

/* Every point of a scope. Returns how many there are. */
static unsigned int every(struct __test_metadata *_metadata,
			  const struct op *op, enum fault_scope scope)
{
	unsigned int n, told = 0;
	bool reached = true;

	ASSERT_EQ(0, fault_begin(scope));
	for (n = 0; reached && n < POINTS_MAX; n += reached) {
		struct status before;
		struct ack ack = {};
		const char *wrong;
		int err;

		ASSERT_EQ(0, op->prepare ? op->prepare() : 0);
		settle(op->told == LATER ? QUIET_MS : 0);
		ASSERT_EQ(NULL, look());
		ASSERT_EQ(0, nl_status(&t.home.nl, &before));
		/* a dump that has failed occupies its socket */
		ASSERT_EQ(0, open_in(op->away ? t.away_fd : t.home_fd));

		ASSERT_EQ(0, fault_nth(n + 1));
		err = op->act(&ack);
		reached = fault_reached();

		nl_close(&t.nl);
		told += ack.has_msg;
		wrong = judge(op, scope, reached, err, &ack, &before);
		EXPECT_EQ(NULL, wrong) {
			TH_LOG("%s, allocation %u of %s: %s (%d, '%s')",
			       op->name, n + 1, scopes[scope], wrong, err,
			       ack.msg);
		}
		if (_metadata->exit_code)
			break;
	}
	TH_LOG("%s: %u allocations, %s; %u texts, %u overruns", op->name, n,
	       scopes[scope], told, t.home.overruns + t.away.overruns);
	EXPECT_LE(op->points[scope], n);
	*points += n;
	return n;
}

static void every_scope(struct __test_metadata *_metadata,
			const struct op *op)
{
	enum fault_scope scope;

	for (scope = 0; scope < FAULT_SCOPES; scope++)
		if (op->points[scope] && !_metadata->exit_code)
			every(_metadata, op, scope);
}

/* ------------------------------------------------------------------- tests */

/* What the parent undoes: @t is the child's. */
FIXTURE(failnth) {
	struct bdfs bdfs;
};

static struct objs objs;

FIXTURE_SETUP(failnth)
{
	if (!fault_there())
		SKIP(return, "the kernel is without fault injection");
	if (run("modprobe -q " NAME))
		SKIP(return, "needs vfio_mig_sim");
	bdfs_get(&t.bdfs);
	self->bdfs = t.bdfs;
	mtty_clean();
	destroy_all();
	ASSERT_EQ(0, file_write("0", DEVICES));
	ASSERT_EQ(0, file_write("0", PARENTS));
	ASSERT_EQ(0, file_write("1", PARENTS));
	ASSERT_EQ(0, file_write("2", DEVICES));
	ASSERT_EQ(0, mdev_create(0, 0, "gpu-8"));

	t.home_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, t.home_fd);
	t.data_fd = -1;
	t.value = 1;
	ASSERT_EQ(0, mirror_open(&t.home));
	settle(2 * QUIET_MS);
	ASSERT_EQ(NULL, look());
	ASSERT_EQ(0, nl_get_handle(&t.home.nl, VFIO_MIG_CMD_DEV_GET, "sim",
				   NULL, "sim0", &t.dev));
	ASSERT_EQ(0, nl_dump_all(&t.home.nl, VFIO_MIG_CMD_DEV_GET, &objs));
	t.devices = objs.n;
	ASSERT_EQ(0, nl_dump_all(&t.home.nl, VFIO_MIG_CMD_TYPE_GET, &objs));
	t.types = objs.n;
	ASSERT_LT(0, t.types);
	t.type = objs.o[0];
}

FIXTURE_TEARDOWN_PARENT(failnth)
{
	fault_end();
	mod_remove(PROVIDER);
	mtty_clean();
	destroy_all();
	file_write("0", DEVICES);
	file_write("0", PARENTS);
	bdfs_restore(&self->bdfs);
}

/* The mediated device instead of a bare one, which no driver drives. */
static int target_mdev(void)
{
	char uuid[64];

	snprintf(uuid, sizeof(uuid), UUID_FMT, 0);
	return nl_get_handle(&t.home.nl, VFIO_MIG_CMD_DEV_GET, "mdev", NULL,
			     uuid, &t.dev);
}

TEST_F_TIMEOUT(failnth, questions, 600)
{
	static const struct op ops[] = {
		{ "status-get", ASKS, NULL, status_do, NULL, { 4, 2 } },
		{ "dev-get", ASKS, NULL, dev_do, NULL, { 4, 2 } },
		{ "dev-get dump", ASKS, NULL, dev_dump, NULL, { 6 } },
		{ "type-get", ASKS, NULL, type_do, NULL, { 4, 2 } },
		{ "type-get dump", ASKS, NULL, type_dump, NULL, { 6 } },
		{ "check", ASKS, NULL, check_here_do, NULL, { 4, 3 } },
		{ "check, source brought", ASKS, NULL, check_brought_do, NULL,
		  { 4, 3 } },
		{ "check dump", ASKS, NULL, check_here_dump, NULL, { 6, 1 } },
		{ "check dump, source brought", ASKS, NULL, check_brought_dump,
		  NULL, { 6, 1 } },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		every_scope(_metadata, &ops[i]);
}

TEST_F_TIMEOUT(failnth, changes, 900)
{
	static const struct op ops[] = {
		{ "attr-set", CHANGES, next_value, set_do, is_set, { 8, 8 } },
		{ "attr-del", CHANGES, set_before, del_do, is_deleted,
		  { 8, 8 } },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		every_scope(_metadata, &ops[i]);
}

TEST_F_TIMEOUT(failnth, policies, 900)
{
	static const struct op ops[] = {
		{ "attr-set of a driver", CHANGES, next_value, driver_do,
		  is_set, { 8, 8 } },
		{ "attr-set of all", CHANGES, nothing_of_driver, all_do,
		  is_set, { 8, 8 } },
		{ "attr-del of all", CHANGES, said_of_all, nothing_of_all_do,
		  is_deleted, { 8, 8 } },
		{ "policy-get dump", ASKS, said_of_all, policy_dump, NULL,
		  { 4 } },
	};
	size_t i;

	ASSERT_EQ(0, target_mdev());
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		every_scope(_metadata, &ops[i]);
	ASSERT_EQ(0, open_in(t.home_fd));
	ASSERT_EQ(0, nothing_of_all_do(NULL));
	nl_close(&t.nl);
}

TEST_F_TIMEOUT(failnth, settings, 900)
{
	static const struct op ops[] = {
		{ "attr-set of a driver's", LATER, other_units, units_do,
		  has_units, { 0, 10, 1 } },
		{ "attr-set of both", LATER, other_units, both_do, has_both,
		  { 0, 10, 1 } },
	};
	size_t i;

	ASSERT_EQ(0, target_mdev());
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		every_scope(_metadata, &ops[i]);
}

TEST_F_TIMEOUT(failnth, moves, 900)
{
	static const struct op ops[] = {
		{ "dev-set by fd", CHANGES, go_home, fd_do, is_away, { 6, 6 } },
		{ "dev-set by pid", CHANGES, go_home, pid_do, is_away,
		  { 6, 6 } },
		{ "dev-set by nsid", CHANGES, go_home, nsid_do, is_away,
		  { 6, 6 } },
		{ "dev-set home", CHANGES, go_away, home_do, is_home, { 4, 2 },
		  true },
	};
	size_t i;

	ASSERT_EQ(0, set_u64(&t.home.nl, "own", 5, NULL));
	ASSERT_EQ(0, make_away());
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		every_scope(_metadata, &ops[i]);
	end_away();
}

TEST_F_TIMEOUT(failnth, devices, 900)
{
	static const struct op ops[] = {
		{ "a device is bound", LATER, unbound, bind_do, is_bound,
		  { 0, 8 } },
		{ "a device is unbound", LATER, bound, unbind_do, is_unbound,
		  { 0, 2 } },
		{ "bare devices", LATER, bare_before, bare_do, has_bare,
		  { 0, 16 } },
		{ "a simulated device", LATER, without_mdev, mdev_do, has_mdev,
		  { 0, 0, 2 } },
	};
	size_t i;

	if (!t.bdfs.n)
		SKIP(return, "needs a PCI device in " ENV_BDF);
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		every_scope(_metadata, &ops[i]);
}

TEST_F_TIMEOUT(failnth, types, 900)
{
	static const struct op ops[] = {
		{ "an mdev is created", LATER, without_mtty, mtty_do, has_mtty,
		  { 0, 20 } },
		{ "an mdev is removed", LATER, with_mtty, mtty_gone_do,
		  has_no_mtty, { 0, 4 } },
	};
	size_t i;

	if (!mtty_there())
		SKIP(return, "no mtty: no types");
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		every_scope(_metadata, &ops[i]);
}

TEST_F_TIMEOUT(failnth, providers, 900)
{
	static const struct op ops[] = {
		{ "a provider comes", LATER, unregistered, register_do,
		  is_declared, { 0, 6 } },
		{ "a provider goes", LATER, registered, unregister_do,
		  is_undeclared, { 0, 6 } },
	};
	unsigned int i;

	if (!t.bdfs.n)
		SKIP(return, "needs a PCI device in " ENV_BDF);
	/* the others would be described as well */
	for (i = 1; i < t.bdfs.n; i++)
		ASSERT_EQ(0, bdf_unbind(t.bdfs.name[i]));
	if (run("modprobe -q " PROVIDER " says='u64 said 1' 2>/dev/null"))
		SKIP(return, "no module " PROVIDER);
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		every_scope(_metadata, &ops[i]);
}

TEST_F_TIMEOUT(failnth, streams, 900)
{
	static const struct op ops[] = {
		{ "a stream is saved", ASKS, running, save_do, has_file,
		  { 0, 1, 3 } },
		{ "a stream is resumed", ASKS, running, resume_do, has_file,
		  { 0, 1, 3 } },
		{ "a stream is refused", LATER, resuming, refuse_do, is_told,
		  { 0, 3 } },
	};
	size_t i;

	ASSERT_EQ(0, target_mdev());
	ASSERT_EQ(0, dev_open(&t.open, 0));
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		every_scope(_metadata, &ops[i]);
	ASSERT_EQ(0, running());
	dev_close(&t.open);
}

/* ------------------------------------------------ the module, and no memory */

/* One of ours begins, or does not, and then can at the next attempt. */
static void every_begin(struct __test_metadata *_metadata, const char *name,
			const char *params, const struct status *want)
{
	unsigned int n;
	bool reached = true;
	char path[256];
	int fd, err;

	ASSERT_EQ(0, mod_path(path, sizeof(path), name));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fault_begin(FAULT_INIT));
	for (n = 0; reached && n < POINTS_MAX; n += reached) {
		struct status now;
		__u64 end;

		ASSERT_EQ(0, fault_nth(n + 1));
		err = syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
		reached = fault_reached();
		if (err) {
			EXPECT_TRUE(reached);
			EXPECT_FALSE(mod_loaded(name));
			/* the driver core has others than -ENOMEM */
			if (err != -ENOMEM)
				TH_LOG("%s, allocation %u: %d", name, n + 1,
				       err);
			if (_metadata->exit_code)
				break;
			continue;
		}
		nl_close(&t.nl);
		ASSERT_EQ(0, nl_open(&t.nl));
		end = now_ms() + SOON_MS;
		do {
			ASSERT_EQ(0, nl_status(&t.nl, &now));
		} while ((now.devices != want->devices ||
			  now.types != want->types || now.undescribed) &&
			 now_ms() < end);
		EXPECT_EQ(want->devices, now.devices);
		EXPECT_EQ(want->types, now.types);
		EXPECT_EQ(0, now.undescribed);
		EXPECT_EQ(0, mod_remove(name));
		if (_metadata->exit_code)
			break;
	}
	close(fd);
	TH_LOG("%s: %u allocations, %s", name, n, scopes[FAULT_INIT]);
	EXPECT_LE(10, n);
	*points += n;
}

TEST_F_TIMEOUT(failnth, modules, 900)
{
	struct status want;
	char path[256];
	unsigned int i;

	mirror_close(&t.home);
	/* of each device there are many allocations, all of one kind */
	for (i = 1; i < t.bdfs.n; i++)
		ASSERT_EQ(0, bdf_unbind(t.bdfs.name[i]));
	ASSERT_EQ(0, nl_open(&t.nl));
	ASSERT_EQ(0, mod_remove(NAME));
	ASSERT_EQ(0, nl_status(&t.nl, &want));
	want.devices += 2;
	every_begin(_metadata, NAME, "devices=2", &want);
	want.devices -= 2;

	nl_close(&t.nl);
	ASSERT_EQ(0, mod_remove("vfio_mig"));
	every_begin(_metadata, "vfio_mig", "", &want);
	ASSERT_EQ(0, mod_path(path, sizeof(path), "vfio_mig"));
	ASSERT_EQ(0, mod_insert(path));
}

/*
 * There is none at all. What asks is told so; what goes, goes; what comes is
 * there when there is memory again. Whoever has listened knows that it has
 * missed something.
 */
TEST_F_TIMEOUT(failnth, no_memory, 300)
{
	static int (*const asks[])(struct ack *ack) = {
		status_do, dev_do, type_do, check_here_do, check_brought_do,
		check_here_dump, check_brought_dump, set_do, del_do, fd_do,
	};
	struct status status;
	unsigned int events, overruns;
	struct ack ack;
	__u64 index, end;
	size_t i;

	if (!t.bdfs.n || !mtty_there())
		SKIP(return, "needs a PCI device in " ENV_BDF ", and mtty");
	if (run("modprobe -q " PROVIDER " says='u64 said 1' only=%s %s",
		t.bdfs.name[0], "registered=1 2>/dev/null"))
		SKIP(return, "no module " PROVIDER);
	ASSERT_EQ(0, with_mtty());
	ASSERT_EQ(0, make_away());
	ASSERT_EQ(0, go_away());
	index = number(&t.away, "sim.index");
	ASSERT_EQ(0, set_u64(&t.away.nl, "own", 7, NULL));
	ASSERT_TRUE(soon(is_declared));
	settle(QUIET_MS);
	ASSERT_EQ(NULL, look());

	ASSERT_EQ(0, fault_begin(FAULT_CORE));
	ASSERT_EQ(0, fault_percent(100));
	t.dev.id = objs_find_name(&t.home.held, "sim1")->id;
	for (i = 0; i < ARRAY_SIZE(asks); i++) {
		ASSERT_EQ(0, open_in(t.home_fd));
		EXPECT_EQ(-ENOMEM, asks[i](&ack));
		EXPECT_TRUE(ack.has_msg) {
			TH_LOG("request %zu: '%s'", i, ack.msg);
		}
		nl_close(&t.nl);
	}
	events = t.home.events;
	mirror_take(&t.home, QUIET_MS);
	EXPECT_EQ(0, t.home.overruns);

	/* the namespace dies, and nobody can be told what has come home */
	end_away();
	end = now_ms() + SOON_MS;
	while (!t.home.overruns && now_ms() < end)
		mirror_take(&t.home, QUIET_MS);
	/* that it has gone there may be told apart from that it came here */
	EXPECT_LE(1, t.home.overruns);
	overruns = t.home.overruns;

	EXPECT_EQ(0, unregistered());
	EXPECT_EQ(0, bdf_unbind(t.bdfs.name[0]));
	EXPECT_EQ(0, mtty_remove(0));
	EXPECT_EQ(0, mdev_destroy(0));
	mirror_take(&t.home, QUIET_MS);
	EXPECT_LT(overruns, t.home.overruns);
	EXPECT_EQ(events, t.home.events);

	EXPECT_EQ(0, bdf_bind(t.bdfs.name[0]));
	EXPECT_EQ(0, mtty_create(0, 1));
	ASSERT_EQ(0, fault_percent(0));
	ASSERT_EQ(0, nl_status(&t.home.nl, &status));
	EXPECT_EQ(2, status.undescribed);
	EXPECT_TRUE(soon(has_mtty));
	EXPECT_TRUE(soon(is_undeclared));
	settle(QUIET_MS);
	EXPECT_EQ(NULL, look());
	EXPECT_TRUE(has("sim", "sim0"));
	t.dev.id = objs_find_name(&t.home.held, "sim0")->id;
	EXPECT_EQ(index, number(&t.home, "sim.index"));
	EXPECT_EQ(~0ULL, number(&t.home, "own"));

	/* the module goes as well */
	ASSERT_EQ(0, fault_begin(FAULT_CORE));
	ASSERT_EQ(0, fault_percent(100));
	ASSERT_EQ(0, mod_remove(PROVIDER));
	mtty_clean();
	ASSERT_EQ(0, mod_remove(NAME));
	ASSERT_EQ(0, mod_remove("vfio_mig"));
	ASSERT_EQ(0, fault_percent(0));
	ASSERT_EQ(0, run("modprobe " NAME));
}

/* Behind all others, as it counts what they have done. */
FIXTURE(points) {
	int unused;
};

FIXTURE_SETUP(points)
{
	if (!fault_there())
		SKIP(return, "the kernel is without fault injection");
}

FIXTURE_TEARDOWN(points)
{
}

TEST_F(points, in_all)
{
	TH_LOG("%u fail-nth points reached", *points);
	EXPECT_LE(POINTS_MIN, *points);
}

TEST_HARNESS_MAIN
