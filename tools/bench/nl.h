/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netlink for the benchmarks: as little as can be done between the kernel and
 * the clock. Whatever goes wrong ends the program.
 */
#ifndef BENCH_NL_H
#define BENCH_NL_H

#include <stddef.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/types.h>

#define NL_BUFFER	32768
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * struct req - a request being written
 * @len: bytes so far
 * @nlh: how it begins
 * @buf: all of it
 */
struct req {
	__u32 len;
	union {
		struct nlmsghdr nlh;
		char buf[16384];
	};
};

/**
 * struct dump - what came of a dump
 * @messages: how many
 * @calls: of recv()
 * @bytes: in all
 */
struct dump {
	unsigned int messages;
	unsigned int calls;
	size_t bytes;
};

void die(const char *what);
__u64 now(void);

int nl_open(void);
__u16 nl_family(int sock, const char *name, __u32 *group);
void nl_join(int sock, __u32 group);

void req_begin(struct req *req, __u16 type, __u8 cmd, __u16 flags);
__u32 req_put(struct req *req, __u16 type, const void *data, size_t len);
void req_put_text(struct req *req, __u16 type, const char *text);
__u32 req_nest(struct req *req, __u16 type);
void req_end(struct req *req, __u32 at);

size_t nl_recv(int sock);
const struct nlmsghdr *nl_call(int sock, struct req *req);
void nl_dump(int sock, struct req *req, struct dump *dump);

const struct nlattr *nl_next(const struct nlmsghdr *nlh,
			     const struct nlattr *nla);
const void *nl_data(const struct nlattr *nla);

#endif
