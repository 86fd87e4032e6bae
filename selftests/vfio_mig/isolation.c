// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an unprivileged container can do with devices that it was not given:
 * nothing, and it cannot even tell them from those that do not exist.
 *
 * The container is a process in a user namespace and a network namespace of its
 * own, with ids that mean nothing outside. It does what the test tells it to,
 * with all the rights that there are in there. The test itself is the host.
 *
 * Beside each attempt stands one that must succeed: with a device that is the
 * container's, to a namespace that is its own, or by the host.
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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "../kselftest_harness.h"

#include "attr.h"
#include "env.h"
#include "nl.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

#define DEVICES		"/sys/module/vfio_mig_sim/parameters/devices"
#define PARENTS		"/sys/module/vfio_mig_sim/parameters/parents"
#define TYPE		"/sys/class/mdev_bus/vfio_mig_sim.0/" \
			"mdev_supported_types/vfio_mig_sim-gpu-8"
#define UUID		"51130000-0000-4000-8000-000000000c01"

#define MAPPED		"0 100000 65536"
#define SOMEBODY	1000
#define NO_ID		0xfffffff0
/* What the container calls the host's namespace, one of its own, and none. */
#define HOST_NSID	7
#define OWN_NSID	8
#define NO_NSID		9

#define NO_DEVICE_ID	"no device of this id in this network namespace"
#define NO_DEVICE	"no device of this handle in this network namespace"
#define NO_TYPE_ID	"no type of this id in this network namespace"
#define NO_TYPE		"no type of this handle in this network namespace"
#define DRIVER_SETS	"the driver sets it: CAP_NET_ADMIN in the initial " \
			"user namespace needed"
#define NO_RIGHTS	"CAP_NET_ADMIN over that network namespace is needed"

/* What the container is to do, and what has come of it. */
struct cell {
	void (*act)(struct cell *cell);
	/* of use to @act */
	struct req req;
	bool outside;
	__u16 way;
	int value;
	__s32 nsid;
	/* what has come of it */
	int err;
	struct ack ack;
	unsigned int answers;
	struct obj obj;
	struct status status;
	struct nl nl;
};

/* The host, and its container. */
struct lab {
	struct nl nl;
	struct nl mon;
	/* namespaces: the host's, one of root's, and another container's */
	int home_ns;
	int root_ns;
	int other_ns;
	/* the container */
	struct cell *cell;
	pid_t pid;
	int ns;
	int wire;
	/* a device that stays at home, one to be given, and a type */
	struct obj foreign;
	struct obj own;
	struct obj type;
};

/* The container's sockets, and one that it has inherited from the host. */
static struct nl in;
static struct nl in_mon;
static struct nl outside;
static struct objs objs;

/* ------------------------------------------------------------ the container */

static void count(const struct nlmsghdr *nlh, void *arg)
{
	struct cell *cell = arg;

	cell->answers++;
	obj_parse(nlh, &cell->obj);
}

static void act_ask(struct cell *cell)
{
	cell->err = nl_transact(cell->outside ? &outside : &in, &cell->req,
				&cell->ack, count, cell);
}

static void act_dump(struct cell *cell)
{
	struct dump dump = { .message = count, .arg = cell };

	cell->err = nl_dump_req(&in, &cell->req, &dump, NULL);
	cell->ack = dump.ack;
}

static void act_status(struct cell *cell)
{
	cell->err = nl_status(&in, &cell->status);
}

static void act_tell_socket(struct cell *cell)
{
	cell->nl = in;
	cell->err = 0;
}

/* What has happened by now has been told. */
static void act_hear(struct cell *cell)
{
	cell->err = nl_event(&in_mon, &cell->obj, 0);
}

/* Another namespace that is its own: by a descriptor, or by a process in it. */
static void act_make_ns(struct cell *cell)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	pid_t pid;

	cell->err = unshare(CLONE_NEWNET) ? -errno : 0;
	cell->value = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (!cell->err && cell->way == VFIO_MIG_A_MOVE_NETNS_PID) {
		pid = fork_tied();
		if (!pid)
			for (;;)
				pause();
		cell->value = pid;
	}
	if (setns(here, CLONE_NEWNET))
		cell->err = -errno;
	close(here);
}

/*
 * Gives a namespace a number, which everybody may who has rights over his own.
 * The headers of the two families are of the same size.
 */
static int number_ns(__s32 nsid, __u16 way, int value)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(addr);
	struct nl nl = { .seq = 1 };
	struct req req;
	int err;

	nl.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (nl.fd < 0)
		return -errno;
	if (bind(nl.fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockname(nl.fd, (struct sockaddr *)&addr, &len)) {
		err = -errno;
	} else {
		nl.port = addr.nl_pid;
		req_init(&req, RTM_NEWNSID, AF_UNSPEC, 0);
		req_put_u32(&req, NETNSA_NSID, nsid);
		req_put_u32(&req, way, value);
		err = nl_ack(&nl, &req, NULL);
	}
	nl_close(&nl);
	return err;
}

static int listen_everywhere(struct nl *mon)
{
	int one = 1;

	return setsockopt(mon->fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &one,
			  sizeof(one)) ? -errno : 0;
}

static void act_number_ns(struct cell *cell)
{
	cell->err = number_ns(cell->nsid, cell->way, cell->value);
}

static void act_listen_everywhere(struct cell *cell)
{
	cell->err = number_ns(cell->nsid, cell->way, cell->value) ?:
		    listen_everywhere(&in_mon);
}

/* Where processes are counted anew, and nobody knows the host's. */
static void act_ask_apart(struct cell *cell)
{
	int status;
	pid_t pid = fork();

	/* who asks is the first of them */
	if (!pid) {
		if (unshare(CLONE_NEWPID))
			_exit(1);
		pid = fork();
		if (!pid)
			act_ask(cell);
		_exit(pid && waitpid(pid, NULL, 0) != pid);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		cell->err = -EPROTO;
}

/* Who is not root in there. */
static void act_ask_as_somebody(struct cell *cell)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgid(SOMEBODY) || setuid(SOMEBODY) || nl_open(&in))
			_exit(1);
		act_ask(cell);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		cell->err = -EPROTO;
}

/* Nobody outside, root inside. Does what it is told until the test ends. */
static int live(struct lab *lab, int wire)
{
	char byte;

	if (become_nobody() || prctl(PR_SET_DUMPABLE, 1) ||
	    unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return -errno;
	/* the host says what its ids are outside */
	if (write(wire, "", 1) != 1 || read(wire, &byte, 1) != 1 ||
	    setgid(0) || setuid(0))
		return -errno;
	if (nl_open(&in) || nl_open(&in_mon) || nl_join(&in_mon))
		return -EPROTO;
	while (write(wire, "", 1) == 1 && read(wire, &byte, 1) == 1)
		lab->cell->act(lab->cell);
	return 0;
}

/* ----------------------------------------------------------------- the host */

/* Has the container do it. */
static int inside(struct lab *lab, void (*act)(struct cell *cell))
{
	char byte;

	lab->cell->act = act;
	lab->cell->answers = 0;
	if (write(lab->wire, "", 1) != 1 || read(lab->wire, &byte, 1) != 1)
		return -EPIPE;
	return lab->cell->err;
}

/* A namespace in which nobody is, of root's or of a user namespace's. */
static int make_ns(int flags)
{
	int wire[2], fd;
	char path[64], byte;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, wire))
		return -1;
	pid = fork();
	if (!pid) {
		close(wire[0]);
		if (!unshare(flags) && write(wire[1], "", 1) == 1)
			read(wire[1], &byte, 1);
		_exit(0);
	}
	close(wire[1]);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	fd = read(wire[0], &byte, 1) == 1 ? open(path, O_RDONLY) : -1;
	close(wire[0]);
	waitpid(pid, NULL, 0);
	return fd;
}

/* Returns 0, or the errno for which there is no container. */
static int begin_container(struct lab *lab)
{
	int wire[2], status;
	char path[64], byte;
	pid_t pid;

	lab->cell = mmap(NULL, sizeof(*lab->cell), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (lab->cell == MAP_FAILED ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, wire))
		return errno;
	/* what the harness gives us is shared with who is forked */
	pid = fork();
	if (!pid) {
		close(wire[0]);
		_exit(-live(lab, wire[1]));
	}
	close(wire[1]);
	lab->pid = pid;
	lab->wire = wire[0];
	if (read(lab->wire, &byte, 1) != 1 ||
	    file_write(MAPPED, "/proc/%d/uid_map", lab->pid) ||
	    file_write(MAPPED, "/proc/%d/gid_map", lab->pid) ||
	    write(lab->wire, "", 1) != 1 || read(lab->wire, &byte, 1) != 1) {
		close(lab->wire);
		waitpid(pid, &status, 0);
		return WIFEXITED(status) && status ? WEXITSTATUS(status) :
						     EPROTO;
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	lab->ns = open(path, O_RDONLY);
	return lab->ns < 0 ? errno : 0;
}

static __u32 put_move(struct req *req, const struct nl *nl, __u32 id,
		      __u16 way, int value)
{
	__u32 nest;

	req_init(req, nl->family, VFIO_MIG_CMD_DEV_SET, 0);
	nest = req_nest(req, VFIO_MIG_A_MOVE_TARGET);
	req_put_u32(req, VFIO_MIG_A_OBJECT_ID, id);
	req_nest_end(req, nest);
	return req_put_u32(req, way, value);
}

/* By the host, to the container. */
static int give(struct lab *lab, const struct obj *dev)
{
	struct req req;

	put_move(&req, &lab->nl, dev->id, VFIO_MIG_A_MOVE_NETNS_FD, lab->ns);
	return nl_ack(&lab->nl, &req, NULL);
}

static const char *begin_lab(struct lab *lab, bool with_others)
{
	static char why[128];
	int err;

	if (!file_is(DEVICES) && run("modprobe -q vfio_mig_sim"))
		return "needs vfio_mig_sim";
	lab->home_ns = open("/proc/self/ns/net", O_RDONLY);
	if (with_others) {
		lab->root_ns = make_ns(CLONE_NEWNET);
		lab->other_ns = make_ns(CLONE_NEWUSER | CLONE_NEWNET);
	}
	if (lab->home_ns < 0 || lab->root_ns < 0 || lab->other_ns < 0)
		return "no namespaces here";
	if (nl_open(&outside))
		return "no family here";
	err = begin_container(lab);
	if (!err)
		return NULL;
	snprintf(why, sizeof(why), "no container here: %s", strerror(err));
	return why;
}

static void fill_lab(struct __test_metadata *_metadata, struct lab *lab)
{
	ASSERT_EQ(0, file_write("0", DEVICES));
	ASSERT_EQ(0, file_write("2", DEVICES));
	ASSERT_EQ(0, nl_open(&lab->nl));
	ASSERT_EQ(0, nl_get_handle(&lab->nl, VFIO_MIG_CMD_DEV_GET, "sim", NULL,
				   "sim0", &lab->foreign));
	ASSERT_EQ(0, nl_get_handle(&lab->nl, VFIO_MIG_CMD_DEV_GET, "sim", NULL,
				   "sim1", &lab->own));
}

static void make_types(struct __test_metadata *_metadata, struct lab *lab)
{
	unsigned int i;

	ASSERT_EQ(0, file_write("1", PARENTS));
	ASSERT_EQ(0, nl_dump_all(&lab->nl, VFIO_MIG_CMD_TYPE_GET, &objs));
	for (i = 0; i < objs.n; i++)
		if (!strcmp(objs.o[i].parent, "vfio_mig_sim.0"))
			lab->type = objs.o[i];
	ASSERT_NE(0, lab->type.id);
}

static void end_lab(void)
{
	file_write("1", "/sys/bus/mdev/devices/" UUID "/remove");
	file_write("0", PARENTS);
	file_write("0", DEVICES);
}

/* ------------------------------------------ named by what the host knows it */

/* How a request names an object. */
enum { BY_ID = 1, BY_HANDLE = 2 };

FIXTURE(named) {
	struct lab lab;
};

FIXTURE_VARIANT(named) {
	int by;
};

FIXTURE_VARIANT_ADD(named, id) {
	.by = BY_ID,
};

FIXTURE_VARIANT_ADD(named, handle) {
	.by = BY_HANDLE,
};

FIXTURE_VARIANT_ADD(named, both) {
	.by = BY_ID | BY_HANDLE,
};

FIXTURE_SETUP(named)
{
	const char *why = begin_lab(&self->lab, false);

	if (why)
		SKIP(return, "%s", why);
	fill_lab(_metadata, &self->lab);
	ASSERT_EQ(0, give(&self->lab, &self->lab.own));
}

FIXTURE_TEARDOWN_PARENT(named)
{
	end_lab();
}

/* Returns at which offset stands what is at fault if it is not there. */
static __u32 put_names(struct req *req, const struct obj *obj, int by)
{
	__u32 id = 0, name = 0;

	if (by & BY_ID)
		id = req_put_u32(req, VFIO_MIG_A_OBJECT_ID, obj->id);
	if (by & BY_HANDLE) {
		req_put_str(req, VFIO_MIG_A_OBJECT_BUS, obj->bus);
		if (obj->parent[0])
			req_put_str(req, VFIO_MIG_A_OBJECT_PARENT,
				    obj->parent);
		name = req_put_str(req, VFIO_MIG_A_OBJECT_NAME, obj->name);
	}
	return id ?: name;
}

static __u32 put_nest(struct req *req, __u16 type, const struct obj *obj,
		      int by)
{
	__u32 nest = req_nest(req, type);
	__u32 fault = put_names(req, obj, by);

	req_nest_end(req, nest);
	return fault;
}

/* A source that is nobody's. */
static void put_profile(struct req *req)
{
	__u32 profile = req_put(req, VFIO_MIG_A_CHECK_PROFILE, NULL, 0);
	__u32 nest = req_nest(req, VFIO_MIG_A_OBJECT_ATTR);
	__u64 value = 1;

	req_put_str(req, VFIO_MIG_A_ATTR_NAME, "units");
	req_put(req, VFIO_MIG_A_ATTR_U64, &value, sizeof(value));
	req_nest_end(req, nest);
	req_nest_end(req, profile);
}

/* A request about an object. @other is one that whoever asks has. */
typedef __u32 put_fn(struct req *req, const struct lab *lab,
		     const struct obj *obj, int by, const struct obj *other);

static __u32 put_dev_get(struct req *req, const struct lab *lab,
			 const struct obj *obj, int by, const struct obj *other)
{
	req_init(req, lab->nl.family, VFIO_MIG_CMD_DEV_GET, 0);
	return put_names(req, obj, by);
}

static __u32 put_type_get(struct req *req, const struct lab *lab,
			  const struct obj *obj, int by,
			  const struct obj *other)
{
	req_init(req, lab->nl.family, VFIO_MIG_CMD_TYPE_GET, 0);
	return put_names(req, obj, by);
}

static __u32 put_source(struct req *req, const struct lab *lab,
			const struct obj *obj, int by, const struct obj *other)
{
	__u32 fault;

	req_init(req, lab->nl.family, VFIO_MIG_CMD_CHECK, 0);
	fault = put_nest(req, VFIO_MIG_A_CHECK_SOURCE, obj, by);
	put_nest(req, VFIO_MIG_A_CHECK_TARGET, other, by);
	return fault;
}

static __u32 put_target(struct req *req, const struct lab *lab,
			const struct obj *obj, int by, const struct obj *other)
{
	req_init(req, lab->nl.family, VFIO_MIG_CMD_CHECK, 0);
	put_nest(req, VFIO_MIG_A_CHECK_SOURCE, other, by);
	return put_nest(req, VFIO_MIG_A_CHECK_TARGET, obj, by);
}

static __u32 put_profile_target(struct req *req, const struct lab *lab,
				const struct obj *obj, int by,
				const struct obj *other)
{
	req_init(req, lab->nl.family, VFIO_MIG_CMD_CHECK, 0);
	put_profile(req);
	return put_nest(req, VFIO_MIG_A_CHECK_TARGET, obj, by);
}

static __u32 put_dump_source(struct req *req, const struct lab *lab,
			     const struct obj *obj, int by,
			     const struct obj *other)
{
	req_init(req, lab->nl.family, VFIO_MIG_CMD_CHECK, NLM_F_DUMP);
	return put_nest(req, VFIO_MIG_A_CHECK_SOURCE, obj, by);
}

static __u32 put_attr_set(struct req *req, const struct lab *lab,
			  const struct obj *obj, int by,
			  const struct obj *other)
{
	__u32 fault;

	req_init(req, lab->nl.family, VFIO_MIG_CMD_ATTR_SET, 0);
	fault = put_nest(req, VFIO_MIG_A_CHANGE_TARGET, obj, by);
	put_u64(req, "said", 1);
	return fault;
}

/* To take all that was said of it needs no name that it must have. */
static __u32 put_replace(struct req *req, const struct lab *lab,
			 const struct obj *obj, int by,
			 const struct obj *other)
{
	__u32 fault;

	req_init(req, lab->nl.family, VFIO_MIG_CMD_ATTR_SET, 0);
	fault = put_nest(req, VFIO_MIG_A_CHANGE_TARGET, obj, by);
	req_put(req, VFIO_MIG_A_CHANGE_REPLACE, NULL, 0);
	return fault;
}

static __u32 put_attr_del(struct req *req, const struct lab *lab,
			  const struct obj *obj, int by,
			  const struct obj *other)
{
	__u32 fault;

	req_init(req, lab->nl.family, VFIO_MIG_CMD_ATTR_DEL, 0);
	fault = put_nest(req, VFIO_MIG_A_CHANGE_TARGET, obj, by);
	req_put_str(req, VFIO_MIG_A_CHANGE_NAME, "said");
	return fault;
}

/* To the namespace of the container, whose descriptor it has inherited. */
static __u32 put_take(struct req *req, const struct lab *lab,
		      const struct obj *obj, int by, const struct obj *other)
{
	__u32 fault;

	req_init(req, lab->nl.family, VFIO_MIG_CMD_DEV_SET, 0);
	fault = put_nest(req, VFIO_MIG_A_MOVE_TARGET, obj, by);
	req_put_u32(req, VFIO_MIG_A_MOVE_NETNS_PID, lab->pid);
	return fault;
}

static int ask(struct lab *lab)
{
	return inside(lab, lab->cell->req.nlh.nlmsg_flags & NLM_F_DUMP ?
		      act_dump : act_ask);
}

/* The same by the host. */
static int host_asks(struct lab *lab, put_fn *put, const struct obj *obj,
		     int by)
{
	struct dump dump = {};
	struct req req;

	put(&req, lab, obj, by, obj);
	if (req.nlh.nlmsg_flags & NLM_F_DUMP)
		return nl_dump_req(&lab->nl, &req, &dump, NULL);
	return nl_transact(&lab->nl, &req, NULL, NULL, NULL);
}

static void unseen(struct __test_metadata *_metadata, struct lab *lab,
		   put_fn *put, const struct obj *obj, int by, const char *text)
{
	struct obj nothing = *obj, before, after;
	struct cell *cell = lab->cell;
	struct ack ack;
	__u32 fault;

	ASSERT_EQ(0, nl_get(&lab->nl, obj_is_type(obj) ?
			    VFIO_MIG_CMD_TYPE_GET : VFIO_MIG_CMD_DEV_GET,
			    &(struct obj){ .id = obj->id }, &before, NULL));
	fault = put(&cell->req, lab, obj, by, &lab->own);
	EXPECT_EQ(-ENODEV, ask(lab));
	EXPECT_EQ(0, cell->answers);
	EXPECT_STREQ(text, cell->ack.msg);
	/* not every kernel tells where a dump is at fault */
	if (cell->ack.has_offs ||
	    !(cell->req.nlh.nlmsg_flags & NLM_F_DUMP))
		EXPECT_EQ(fault, cell->ack.offs);
	EXPECT_FALSE(cell->ack.has_miss);
	ack = cell->ack;

	/* which is what is said of what does not exist */
	nothing.id = NO_ID;
	nothing.name[strlen(nothing.name) - 1] ^= 1 << 3;
	put(&cell->req, lab, &nothing, by, &lab->own);
	EXPECT_EQ(-ENODEV, ask(lab));
	EXPECT_EQ(0, memcmp(&ack, &cell->ack, sizeof(ack)));

	/* and nothing has come of it */
	ASSERT_EQ(0, nl_get(&lab->nl, obj_is_type(obj) ?
			    VFIO_MIG_CMD_TYPE_GET : VFIO_MIG_CMD_DEV_GET,
			    &(struct obj){ .id = obj->id }, &after, NULL));
	EXPECT_TRUE(obj_same(&before, &after));
}

/* Refused is the device, not the request. */
static void may(struct __test_metadata *_metadata, struct lab *lab,
		put_fn *put, int by)
{
	put(&lab->cell->req, lab, &lab->own, by, &lab->own);
	EXPECT_EQ(0, ask(lab)) {
		TH_LOG("%s", lab->cell->ack.msg);
	}
	EXPECT_EQ(0, host_asks(lab, put, &lab->foreign, by));
}

#define UNSEEN(put) \
	unseen(_metadata, &self->lab, put, &self->lab.foreign, variant->by, \
	       variant->by & BY_ID ? NO_DEVICE_ID : NO_DEVICE)
#define MAY(put)	may(_metadata, &self->lab, put, variant->by)

TEST_F(named, dev_get)
{
	UNSEEN(put_dev_get);
	MAY(put_dev_get);
	put_dev_get(&self->lab.cell->req, &self->lab, &self->lab.own,
		    variant->by, NULL);
	ask(&self->lab);
	EXPECT_EQ(self->lab.own.id, self->lab.cell->obj.id);
}

TEST_F(named, type_get)
{
	make_types(_metadata, &self->lab);
	unseen(_metadata, &self->lab, put_type_get, &self->lab.type,
	       variant->by, variant->by & BY_ID ? NO_TYPE_ID : NO_TYPE);
	EXPECT_EQ(0, host_asks(&self->lab, put_type_get, &self->lab.type,
			       variant->by));
}

TEST_F(named, check_source)
{
	UNSEEN(put_source);
	MAY(put_source);
}

TEST_F(named, check_source_against_everything)
{
	UNSEEN(put_dump_source);
	MAY(put_dump_source);
}

TEST_F(named, check_target)
{
	UNSEEN(put_target);
	MAY(put_target);
}

TEST_F(named, check_profile_against_target)
{
	UNSEEN(put_profile_target);
	MAY(put_profile_target);
}

/* An id alone does not tell what it is of, not even that it is none of these */
TEST_F(named, check_target_type)
{
	const char *text = NO_DEVICE_ID;

	make_types(_metadata, &self->lab);
	if (variant->by & BY_HANDLE)
		text = variant->by & BY_ID ? NO_TYPE_ID : NO_TYPE;
	unseen(_metadata, &self->lab, put_profile_target, &self->lab.type,
	       variant->by, text);
	EXPECT_EQ(0, host_asks(&self->lab, put_profile_target, &self->lab.type,
			       variant->by));
}

TEST_F(named, attr_set)
{
	UNSEEN(put_attr_set);
	MAY(put_attr_set);
}

TEST_F(named, attr_replace)
{
	UNSEEN(put_replace);
	MAY(put_replace);
}

TEST_F(named, attr_del)
{
	ASSERT_EQ(0, host_asks(&self->lab, put_attr_set, &self->lab.foreign,
			       BY_ID));
	UNSEEN(put_attr_del);
	put_attr_set(&self->lab.cell->req, &self->lab, &self->lab.own, BY_ID,
		     NULL);
	ASSERT_EQ(0, ask(&self->lab));
	MAY(put_attr_del);
}

/* It takes the host to do so. */
TEST_F(named, dev_set)
{
	UNSEEN(put_take);
	MAY(put_take);
	put_dev_get(&self->lab.cell->req, &self->lab, &self->lab.foreign,
		    variant->by, NULL);
	EXPECT_EQ(0, ask(&self->lab));
}

/* --------------------------------------------------------------- everything */

FIXTURE(container) {
	struct lab lab;
};

FIXTURE_SETUP(container)
{
	const char *why = begin_lab(&self->lab, false);

	if (why)
		SKIP(return, "%s", why);
	fill_lab(_metadata, &self->lab);
}

FIXTURE_TEARDOWN_PARENT(container)
{
	end_lab();
}

static unsigned int dumped(struct __test_metadata *_metadata, struct lab *lab,
			   __u8 cmd)
{
	req_init(&lab->cell->req, lab->nl.family, cmd, NLM_F_DUMP);
	if (cmd == VFIO_MIG_CMD_CHECK)
		put_profile(&lab->cell->req);
	EXPECT_EQ(0, ask(lab));
	return lab->cell->answers;
}

#define DUMPED(cmd)	dumped(_metadata, &self->lab, cmd)
#define GIVE()		ASSERT_EQ(0, give(&self->lab, &self->lab.own))

TEST_F(container, dumps_devices)
{
	EXPECT_EQ(0, DUMPED(VFIO_MIG_CMD_DEV_GET));
	GIVE();
	EXPECT_EQ(1, DUMPED(VFIO_MIG_CMD_DEV_GET));
	EXPECT_EQ(self->lab.own.id, self->lab.cell->obj.id);
	EXPECT_EQ(0, nl_dump_all(&self->lab.nl, VFIO_MIG_CMD_DEV_GET, &objs));
	EXPECT_NE(NULL, objs_find(&objs, self->lab.foreign.id));
	EXPECT_EQ(NULL, objs_find(&objs, self->lab.own.id));
}

TEST_F(container, dumps_types)
{
	make_types(_metadata, &self->lab);
	EXPECT_EQ(0, DUMPED(VFIO_MIG_CMD_TYPE_GET));
	EXPECT_EQ(0, nl_dump_all(&self->lab.nl, VFIO_MIG_CMD_TYPE_GET, &objs));
	EXPECT_LT(0, objs.n);
}

TEST_F(container, checks_against_everything)
{
	struct dump dump = {};

	EXPECT_EQ(0, DUMPED(VFIO_MIG_CMD_CHECK));
	EXPECT_EQ(0, nl_dump_req(&self->lab.nl, &self->lab.cell->req, &dump,
				 NULL));
	EXPECT_LT(2, dump.messages);
	GIVE();
	EXPECT_EQ(1, DUMPED(VFIO_MIG_CMD_CHECK));
}

/* What it is told of are its own numbers, of its own events. */
TEST_F(container, counts)
{
	struct lab *lab = &self->lab;
	struct status *told = &lab->cell->status, before, now;
	unsigned int i;

	make_types(_metadata, lab);
	ASSERT_EQ(0, inside(lab, act_status));
	EXPECT_EQ(0, told->seq);
	EXPECT_EQ(0, told->devices);
	EXPECT_EQ(0, told->types);
	EXPECT_EQ(NOT_TOLD, told->undescribed);
	GIVE();
	ASSERT_EQ(0, nl_status(&lab->nl, &before));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, host_asks(lab, put_attr_set, &lab->foreign,
				       BY_ID));
		ASSERT_EQ(0, host_asks(lab, put_attr_del, &lab->foreign,
				       BY_ID));
	}
	ASSERT_EQ(0, nl_status(&lab->nl, &now));
	EXPECT_EQ(before.seq + 20, now.seq);
	EXPECT_LT(1, now.devices);
	EXPECT_LT(0, now.types);
	ASSERT_EQ(0, inside(lab, act_status));
	EXPECT_EQ(1, told->seq);
	EXPECT_EQ(1, told->devices);
	EXPECT_EQ(0, told->types);
	EXPECT_EQ(NOT_TOLD, told->undescribed);
}

/* What is its own does not help with what is not. */
TEST_F(container, names_both)
{
	struct lab *lab = &self->lab;
	struct obj mixed = lab->own;

	GIVE();
	memcpy(mixed.name, lab->foreign.name, sizeof(mixed.name));
	put_dev_get(&lab->cell->req, lab, &mixed, BY_ID | BY_HANDLE, NULL);
	EXPECT_EQ(-ENODEV, ask(lab));
	EXPECT_STREQ(NO_DEVICE, lab->cell->ack.msg);
	mixed = lab->foreign;
	memcpy(mixed.name, lab->own.name, sizeof(mixed.name));
	put_dev_get(&lab->cell->req, lab, &mixed, BY_ID | BY_HANDLE, NULL);
	EXPECT_EQ(-ENODEV, ask(lab));
	EXPECT_STREQ(NO_DEVICE_ID, lab->cell->ack.msg);
	put_dev_get(&lab->cell->req, lab, &lab->own, BY_ID | BY_HANDLE, NULL);
	EXPECT_EQ(0, ask(lab));
}

/* ------------------------------------------------------------------- events */

/* The host's events are not heard, and the container's are. */
static void hears_its_own(struct __test_metadata *_metadata, struct lab *lab)
{
	struct cell *cell = lab->cell;

	ASSERT_EQ(0, host_asks(lab, put_attr_set, &lab->foreign, BY_ID));
	EXPECT_EQ(-EAGAIN, inside(lab, act_hear));
	ASSERT_EQ(0, give(lab, &lab->own));
	ASSERT_EQ(0, inside(lab, act_hear));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, cell->obj.cmd);
	EXPECT_EQ(lab->own.id, cell->obj.id);
	EXPECT_EQ(1, cell->obj.seq);
	ASSERT_EQ(0, host_asks(lab, put_attr_del, &lab->foreign, BY_ID));
	EXPECT_EQ(-EAGAIN, inside(lab, act_hear));
	put_attr_set(&cell->req, lab, &lab->own, BY_ID, NULL);
	ASSERT_EQ(0, ask(lab));
	ASSERT_EQ(0, inside(lab, act_hear));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_CHANGE_NTF, cell->obj.cmd);
	EXPECT_EQ(2, cell->obj.seq);
}

TEST_F(container, listens)
{
	hears_its_own(_metadata, &self->lab);
}

/* Not even if it gives the host's namespace a number, and asks for all. */
TEST_F(container, listens_everywhere)
{
	self->lab.cell->way = NETNSA_PID;
	self->lab.cell->value = getpid();
	ASSERT_EQ(0, inside(&self->lab, act_listen_everywhere));
	hears_its_own(_metadata, &self->lab);
}

/* The host, which does the same, hears the container. */
TEST_F(container, is_listened_to)
{
	struct lab *lab = &self->lab;
	struct obj event;

	ASSERT_EQ(0, nl_open(&lab->mon));
	ASSERT_EQ(0, nl_join(&lab->mon));
	GIVE();
	ASSERT_EQ(0, nl_event(&lab->mon, &event, 0));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_DEL_NTF, event.cmd);
	EXPECT_EQ(-EAGAIN, nl_event(&lab->mon, &event, 0));
	ASSERT_EQ(0, number_ns(-1, NETNSA_FD, lab->ns));
	ASSERT_EQ(0, listen_everywhere(&lab->mon));
	put_attr_set(&lab->cell->req, lab, &lab->own, BY_ID, NULL);
	ASSERT_EQ(0, ask(lab));
	ASSERT_EQ(0, nl_event(&lab->mon, &event, 0));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_CHANGE_NTF, event.cmd);
	EXPECT_EQ(lab->own.id, event.id);
}

/* -------------------------------------------------------------- the way out */

/* It cannot send its device there. It stays, and can go where it may. */
static void stays(struct __test_metadata *_metadata, struct lab *lab,
		  void (*act)(struct cell *cell), __u16 way, int value, int err,
		  const char *text)
{
	struct cell *cell = lab->cell;
	__u32 fault;

	ASSERT_EQ(0, give(lab, &lab->own));
	fault = put_move(&cell->req, &lab->nl, lab->own.id, way, value);
	EXPECT_EQ(err, inside(lab, act));
	EXPECT_STREQ(text, cell->ack.msg);
	EXPECT_EQ(fault, cell->ack.offs);
	EXPECT_EQ(1, dumped(_metadata, lab, VFIO_MIG_CMD_DEV_GET));
	ASSERT_EQ(0, inside(lab, act_status));
	EXPECT_EQ(1, cell->status.seq);

	cell->way = way;
	ASSERT_EQ(0, inside(lab, act_make_ns));
	value = cell->value;
	if (way == VFIO_MIG_A_MOVE_NETNS_NSID) {
		cell->way = NETNSA_FD;
		cell->nsid = OWN_NSID;
		ASSERT_EQ(0, inside(lab, act_number_ns));
		value = OWN_NSID;
	}
	put_move(&cell->req, &lab->nl, lab->own.id, way, value);
	EXPECT_EQ(0, inside(lab, act_ask)) {
		TH_LOG("%s", cell->ack.msg);
	}
	EXPECT_EQ(0, dumped(_metadata, lab, VFIO_MIG_CMD_DEV_GET));
}

FIXTURE(way_out) {
	struct lab lab;
};

FIXTURE_SETUP(way_out)
{
	const char *why = begin_lab(&self->lab, true);

	if (why)
		SKIP(return, "%s", why);
	fill_lab(_metadata, &self->lab);
}

FIXTURE_TEARDOWN_PARENT(way_out)
{
	end_lab();
}

#define STAYS(act, way, value, err, text) \
	stays(_metadata, &self->lab, act, VFIO_MIG_A_MOVE_NETNS_ ## way, \
	      value, err, text)

TEST_F(way_out, by_fd_of_the_host)
{
	STAYS(act_ask, FD, self->lab.home_ns, -EPERM, NO_RIGHTS);
}

TEST_F(way_out, by_fd_of_root)
{
	STAYS(act_ask, FD, self->lab.root_ns, -EPERM, NO_RIGHTS);
}

TEST_F(way_out, by_fd_of_another_container)
{
	STAYS(act_ask, FD, self->lab.other_ns, -EPERM, NO_RIGHTS);
}

TEST_F(way_out, by_fd_of_something_else)
{
	STAYS(act_ask, FD, outside.fd, -EINVAL,
	      "this is no file descriptor of a network namespace");
}

TEST_F(way_out, by_fd_of_nothing)
{
	STAYS(act_ask, FD, 1 << 20, -EINVAL,
	      "this is no file descriptor of a network namespace");
}

TEST_F(way_out, by_pid_of_the_host)
{
	STAYS(act_ask, PID, getpid(), -EPERM, NO_RIGHTS);
}

TEST_F(way_out, by_pid_of_init)
{
	STAYS(act_ask, PID, 1, -EPERM, NO_RIGHTS);
}

TEST_F(way_out, by_pid_that_it_cannot_see)
{
	STAYS(act_ask_apart, PID, getpid(), -EINVAL,
	      "there is no such process");
}

TEST_F(way_out, by_nsid_of_the_host)
{
	self->lab.cell->way = NETNSA_PID;
	self->lab.cell->value = getpid();
	self->lab.cell->nsid = HOST_NSID;
	ASSERT_EQ(0, inside(&self->lab, act_number_ns));
	STAYS(act_ask, NSID, HOST_NSID, -EPERM, NO_RIGHTS);
}

/* One that the host has given it: numbers are not the same everywhere. */
TEST_F(way_out, by_nsid_that_the_host_gave)
{
	__s32 nsid = 1000 + getpid();

	ASSERT_EQ(0, number_ns(nsid, NETNSA_FD, self->lab.root_ns));
	STAYS(act_ask, NSID, nsid, -EINVAL,
	      "no network namespace has this number here");
}

TEST_F(way_out, by_nsid_of_nothing)
{
	STAYS(act_ask, NSID, NO_NSID, -EINVAL,
	      "no network namespace has this number here");
}

/* ------------------------------------------------------------------- rights */

/* Of what it was given, a value that the driver would have to set. */
TEST_F(container, settable_value)
{
	struct lab *lab = &self->lab;
	struct cell *cell = lab->cell;
	struct obj dev, now;
	__u32 fault;

	make_types(_metadata, lab);
	ASSERT_EQ(0, file_write(UUID, TYPE "/create"));
	ASSERT_EQ(0, nl_get_handle(&lab->nl, VFIO_MIG_CMD_DEV_GET, "mdev",
				   NULL, UUID, &dev));
	ASSERT_EQ(0, give(lab, &dev));
	begin(&cell->req, &lab->nl, VFIO_MIG_CMD_ATTR_SET, dev.id);
	fault = put_u64(&cell->req, "units", 2);
	EXPECT_EQ(-EPERM, ask(lab));
	EXPECT_STREQ(DRIVER_SETS, cell->ack.msg);
	EXPECT_EQ(fault, cell->ack.offs);
	/* all or nothing */
	begin(&cell->req, &lab->nl, VFIO_MIG_CMD_ATTR_SET, dev.id);
	put_u64(&cell->req, "said", 1);
	put_u64(&cell->req, "units", 2);
	EXPECT_EQ(-EPERM, ask(lab));
	put_dev_get(&cell->req, lab, &dev, BY_ID, NULL);
	ASSERT_EQ(0, ask(lab));
	EXPECT_TRUE(obj_same_but_seq(&dev, &cell->obj));

	begin(&cell->req, &lab->nl, VFIO_MIG_CMD_ATTR_SET, dev.id);
	put_u64(&cell->req, "said", 1);
	EXPECT_EQ(0, ask(lab));

	put_move(&cell->req, &lab->nl, dev.id, VFIO_MIG_A_MOVE_NETNS_FD,
		 lab->home_ns);
	EXPECT_EQ(-EPERM, ask(lab));
	ASSERT_EQ(0, kill(lab->pid, SIGKILL));
	ASSERT_EQ(lab->pid, waitpid(lab->pid, NULL, 0));
	close(lab->ns);
	while (nl_get_handle(&lab->nl, VFIO_MIG_CMD_DEV_GET, "mdev", NULL, UUID,
			     &now))
		sleep_ms(10);
	begin(&cell->req, &lab->nl, VFIO_MIG_CMD_ATTR_SET, dev.id);
	put_u64(&cell->req, "units", 2);
	EXPECT_EQ(0, nl_ack(&lab->nl, &cell->req, NULL));
}

/* In a container, too, not everybody is its administrator. */
TEST_F(container, somebody_in_there)
{
	struct lab *lab = &self->lab;

	GIVE();
	put_dev_get(&lab->cell->req, lab, &lab->own, BY_ID, NULL);
	EXPECT_EQ(0, inside(lab, act_ask_as_somebody));
	put_attr_set(&lab->cell->req, lab, &lab->own, BY_ID, NULL);
	EXPECT_EQ(-EPERM, inside(lab, act_ask_as_somebody));
	EXPECT_EQ(0, inside(lab, act_ask));
	put_attr_del(&lab->cell->req, lab, &lab->own, BY_ID, NULL);
	EXPECT_EQ(-EPERM, inside(lab, act_ask_as_somebody));
	EXPECT_EQ(0, inside(lab, act_ask));
	put_take(&lab->cell->req, lab, &lab->own, BY_ID, NULL);
	EXPECT_EQ(-EPERM, inside(lab, act_ask_as_somebody));
	EXPECT_EQ(0, inside(lab, act_ask));
}

/*
 * A socket that root has opened outside, and left open: what it sees is what
 * the host sees, but it lends nobody root's rights.
 */
TEST_F(container, socket_of_the_host)
{
	struct lab *lab = &self->lab;
	struct obj now;

	lab->cell->outside = true;
	put_dev_get(&lab->cell->req, lab, &lab->foreign, BY_ID, NULL);
	EXPECT_EQ(0, ask(lab));
	put_attr_set(&lab->cell->req, lab, &lab->foreign, BY_ID, NULL);
	EXPECT_EQ(-EPERM, ask(lab));
	put_attr_del(&lab->cell->req, lab, &lab->foreign, BY_ID, NULL);
	EXPECT_EQ(-EPERM, ask(lab));
	put_take(&lab->cell->req, lab, &lab->foreign, BY_ID, NULL);
	EXPECT_EQ(-EPERM, ask(lab));
	ASSERT_EQ(0, nl_get(&lab->nl, VFIO_MIG_CMD_DEV_GET, &lab->foreign,
			    &now, NULL));
	EXPECT_TRUE(obj_same(&lab->foreign, &now));
	/* to the host it is of use */
	put_attr_set(&lab->cell->req, lab, &lab->foreign, BY_ID, NULL);
	EXPECT_EQ(0, nl_ack(&outside, &lab->cell->req, NULL));
}

/*
 * The other way round: he who asks has rights, and he who opened it none. He
 * does not know that he asks: it might be his standard output.
 */
TEST_F(container, socket_for_the_host)
{
	struct lab *lab = &self->lab;
	struct cell *cell = lab->cell;
	struct nl nl;
	int pidfd;

	GIVE();
	ASSERT_EQ(0, inside(lab, act_tell_socket));
	pidfd = syscall(SYS_pidfd_open, lab->pid, 0);
	ASSERT_LE(0, pidfd);
	nl = cell->nl;
	nl.fd = syscall(SYS_pidfd_getfd, pidfd, cell->nl.fd, 0);
	ASSERT_LE(0, nl.fd);
	nl.seq += 100;
	nl.nameless = true;

	put_move(&cell->req, &lab->nl, lab->own.id, VFIO_MIG_A_MOVE_NETNS_FD,
		 lab->home_ns);
	EXPECT_EQ(-EPERM, nl_ack(&nl, &cell->req, &cell->ack));
	EXPECT_STREQ(NO_RIGHTS, cell->ack.msg);
	put_attr_set(&cell->req, lab, &lab->own, BY_ID, NULL);
	EXPECT_EQ(0, nl_ack(&nl, &cell->req, NULL));
	EXPECT_EQ(1, DUMPED(VFIO_MIG_CMD_DEV_GET));
	nl_close(&nl);
}

/* Who has a user namespace alone sees what the host sees, and no more. */
static int become_root_of_nothing(void)
{
	return become_nobody() || prctl(PR_SET_DUMPABLE, 1) ||
	       unshare(CLONE_NEWUSER);
}

TEST_F(container, user_namespace_alone)
{
	struct lab *lab = &self->lab;
	struct req req;

	put_dev_get(&req, lab, &lab->foreign, BY_ID, NULL);
	EXPECT_EQ(0, ask_as(_metadata, &req, become_root_of_nothing));
	put_attr_set(&req, lab, &lab->foreign, BY_ID, NULL);
	EXPECT_EQ(EPERM, ask_as(_metadata, &req, become_root_of_nothing));
	put_take(&req, lab, &lab->foreign, BY_ID, NULL);
	EXPECT_EQ(EPERM, ask_as(_metadata, &req, become_root_of_nothing));
	EXPECT_EQ(0, nl_ack(&lab->nl, &req, NULL));
}

/* What was given is the container's for as long as the host likes. */
TEST_F(container, taken_back)
{
	struct lab *lab = &self->lab;
	struct cell *cell = lab->cell;
	struct obj now;
	struct nl nl;
	int err;

	GIVE();
	put_attr_set(&cell->req, lab, &lab->own, BY_ID, NULL);
	ASSERT_EQ(0, ask(lab));
	ASSERT_EQ(0, setns(lab->ns, CLONE_NEWNET));
	err = nl_open(&nl);
	ASSERT_EQ(0, setns(lab->home_ns, CLONE_NEWNET));
	ASSERT_EQ(0, err);
	put_move(&cell->req, &nl, lab->own.id, VFIO_MIG_A_MOVE_NETNS_FD,
		 lab->home_ns);
	ASSERT_EQ(0, nl_ack(&nl, &cell->req, NULL));
	nl_close(&nl);

	EXPECT_EQ(0, DUMPED(VFIO_MIG_CMD_DEV_GET));
	unseen(_metadata, lab, put_dev_get, &lab->own, BY_ID, NO_DEVICE_ID);
	unseen(_metadata, lab, put_attr_set, &lab->own, BY_HANDLE, NO_DEVICE);
	unseen(_metadata, lab, put_take, &lab->own, BY_HANDLE, NO_DEVICE);
	ASSERT_EQ(0, nl_get(&lab->nl, VFIO_MIG_CMD_DEV_GET,
			    &(struct obj){ .id = lab->own.id }, &now, NULL));
	EXPECT_EQ(NULL, obj_attr(&now, "said"));
}

TEST_HARNESS_MAIN
