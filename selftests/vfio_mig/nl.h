/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The family as bytes on a socket, without a library that would put right or
 * hide what the tests want to get wrong or to see.
 */
#ifndef SELFTESTS_VFIO_MIG_NL_H
#define SELFTESTS_VFIO_MIG_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/types.h>
#include <linux/vfio_mig.h>

#define WIRE_MAX	8192
#define OBJS_MAX	256

/* A socket. */
struct nl {
	int fd;
	__u32 port;
	__u32 seq;
	__u16 family;
	__u32 monitor;
	/* sent to nobody by name: then the opener needs the rights, too */
	bool nameless;
};

/* A request being written. */
struct req {
	__u32 len;
	union {
		struct nlmsghdr nlh;
		char buf[16384];
	};
};

/* What the kernel said of a request that it refused. */
struct ack {
	int err;
	char msg[512];
	bool has_msg;
	bool has_offs;
	bool has_miss;
	__u32 offs;
	__u32 miss;
};

/* A device or type, as a message told of it. */
struct obj {
	__u8 cmd;
	__u16 flags;
	__u32 id;
	char bus[VFIO_MIG_BUS_MAX + 1];
	char parent[VFIO_MIG_HANDLE_PART_MAX + 1];
	char name[VFIO_MIG_HANDLE_PART_MAX + 1];
	__u64 seq;
	bool has_available;
	__u32 available;
	/* all attributes of the message, as they came */
	size_t len;
	__u32 wire[WIRE_MAX / 4];
};

struct objs {
	unsigned int n;
	struct obj o[OBJS_MAX];
};

/* Of a number that the answer does not hold. */
#define NOT_TOLD (~0U)

struct status {
	__u64 instance;
	__u64 seq;
	__u32 devices;
	__u32 types;
	__u32 undescribed;
	__u32 attrs_max;
	__u32 profile_max;
	unsigned int n_attrs;
};

/* What a check has come to; the findings stand where the message does. */
struct answer {
	__u32 id;
	char name[VFIO_MIG_HANDLE_PART_MAX + 1];
	__u64 seq;
	__u32 verdict;
	unsigned int findings;
	/* all attributes of the message */
	const void *from;
	size_t len;
};

/* How to read a dump, and what became of it. */
struct dump {
	/* in: buffer of each read, 0: as large as what comes next */
	size_t bufsize;
	/* in: called before each read, of which there were @reads; or NULL */
	void (*between)(struct dump *dump);
	/* in: is given each message; or NULL */
	void (*message)(const struct nlmsghdr *nlh, void *arg);
	void *arg;
	/* out */
	unsigned int reads;
	unsigned int messages;
	bool intr;
	bool truncated;
	bool done;
	struct ack ack;
};

const void *attr_data(const struct nlattr *nla);
size_t attr_len(const struct nlattr *nla);
__u16 attr_type(const struct nlattr *nla);
const struct nlattr *attr_next(const struct nlattr *nla, const void *from,
			       size_t len);
const struct nlattr *attr_sub(const struct nlattr *nla,
			      const struct nlattr *nest);

int nl_open(struct nl *nl);
int nl_open_raw(struct nl *nl);
int nl_resolve(struct nl *nl);
int nl_join(struct nl *nl);
void nl_close(struct nl *nl);

void req_init(struct req *req, __u16 type, __u8 cmd, __u16 flags);
__u32 req_put(struct req *req, __u16 type, const void *data, size_t len);
__u32 req_put_u32(struct req *req, __u16 type, __u32 value);
void req_init_policy(struct req *req, __u16 type, __u8 cmd, const char *driver);
__u32 req_put_str(struct req *req, __u16 type, const char *value);

__u32 req_nest(struct req *req, __u16 type);
void req_nest_end(struct req *req, __u32 offs);

int nl_send(struct nl *nl, struct req *req);
ssize_t nl_recv(struct nl *nl, void *buf, size_t size, int flags);
int nl_do(struct nl *nl, struct req *req, struct obj *reply, struct ack *ack);
int nl_ack(struct nl *nl, struct req *req, struct ack *ack);
int nl_transact(struct nl *nl, struct req *req, struct ack *ack,
		void (*cb)(const struct nlmsghdr *nlh, void *arg), void *arg);
int nl_status(struct nl *nl, struct status *status);
int nl_get(struct nl *nl, __u8 cmd, const struct obj *which,
	   struct obj *reply, struct ack *ack);
int nl_get_handle(struct nl *nl, __u8 cmd, const char *bus,
		  const char *parent, const char *name, struct obj *reply);
int nl_get_sim(struct nl *nl, unsigned int n, struct obj *reply);

int nl_dump(struct nl *nl, __u8 cmd, struct dump *dump, struct objs *objs);
int nl_dump_all(struct nl *nl, __u8 cmd, struct objs *objs);
int nl_dump_begin(struct nl *nl, __u8 cmd);
int nl_dump_req(struct nl *nl, struct req *req, struct dump *dump,
		struct objs *objs);

int nl_event(struct nl *nl, struct obj *obj, int timeout_ms);

bool answer_parse(const struct nlmsghdr *nlh, struct answer *answer);
bool obj_parse(const struct nlmsghdr *nlh, struct obj *obj);
bool obj_same(const struct obj *a, const struct obj *b);
bool obj_same_but_seq(const struct obj *a, const struct obj *b);
bool obj_is_type(const struct obj *obj);
const struct nlattr *attr_member(const struct nlattr *attr, __u16 type);
const struct nlattr *obj_attr(const struct obj *obj, const char *name);
const struct nlattr *obj_value(const struct obj *obj, const char *name,
			       __u16 type);
struct obj *objs_find(struct objs *objs, __u32 id);
struct obj *objs_find_name(struct objs *objs, const char *name);
bool objs_apply(struct objs *objs, const struct obj *event);
void objs_del(struct objs *objs, struct obj *obj);

#endif
