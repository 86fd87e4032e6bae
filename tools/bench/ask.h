/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests to the family, with next to nothing between them and the kernel. */
#ifndef VFIO_MIG_BENCH_ASK_H
#define VFIO_MIG_BENCH_ASK_H

#include <sys/types.h>
#include <linux/netlink.h>
#include <linux/types.h>

#define BUFFER_SIZE	32768
#define REQUEST_SIZE	16384

extern int sock;
extern __u16 family;
extern __u32 group;

/* A request being written. */
struct req {
	__u32 len;
	union {
		struct nlmsghdr nlh;
		char buf[REQUEST_SIZE];
	};
};

void die(const char *what);
__u64 now(void);
void begin(struct req *req, __u16 type, __u8 cmd, __u16 flags);
__u32 put(struct req *req, __u16 type, const void *data, size_t len);
void end(struct req *req, __u32 at);
void put_device(struct req *req, __u16 type, unsigned int n);
void ask(struct req *req);
ssize_t answer(void *buf);
const struct nlmsghdr *round_trip(struct req *req);
void find_family(struct req *req);
void set_devices(unsigned int n);

#endif /* VFIO_MIG_BENCH_ASK_H */
