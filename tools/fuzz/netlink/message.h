/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests as trees, which can be changed, kept in files, and written as the
 * bytes that a socket takes.
 */
#ifndef FUZZ_NETLINK_MESSAGE_H
#define FUZZ_NETLINK_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

#define BYTES_MAX	16384
#define DATAGRAM_MAX	65536
#define MESSAGES_MAX	8
#define NODES_MAX	3000
/* Of a message's type: that of the family, whatever it is. */
#define TYPE_FAMILY	0xffff

/**
 * enum node_kind - what an attribute holds
 * @NODE_BYTES: bytes
 * @NODE_NEST: attributes
 * @NODE_ID: the id of a device or type
 * @NODE_FD: the file descriptor of a network namespace
 * @NODE_PID: the number of the process that asks
 *
 * What the last three are is known only when they are sent.
 */
enum node_kind {
	NODE_BYTES,
	NODE_NEST,
	NODE_ID,
	NODE_FD,
	NODE_PID,
};

/**
 * struct node - an attribute
 * @type: its number, with the flags
 * @kind: what it holds
 * @len: what its header says of its length, or -1 for the truth
 * @n: how many bytes or attributes it holds, or which id or namespace
 * @bytes: the bytes
 * @sub: the attributes
 */
struct node {
	__u16 type;
	enum node_kind kind;
	int len;
	unsigned int n;
	union {
		__u8 *bytes;
		struct node **sub;
	};
};

/**
 * struct message - a request
 * @type: of the message
 * @flags: of the message
 * @cmd: the command
 * @version: of the family
 * @reserved: must be 0, says the kernel
 * @len: what its header says of its length, or -1 for the truth
 * @room: how large a buffer its answer is read with, 0 for one of its size
 * @with: it is sent together with the one before
 * @abandon: the socket is closed before all of the answer was read
 * @top: a nest of its attributes
 */
struct message {
	__u16 type;
	__u16 flags;
	__u8 cmd;
	__u8 version;
	__u16 reserved;
	int len;
	unsigned int room;
	bool with;
	bool abandon;
	struct node *top;
};

/**
 * struct input - requests, one after another
 * @as: who asks, if that is told
 * @n: how many
 * @size: how many there is room for
 * @at: the requests
 */
struct input {
	char as[8];
	unsigned int n;
	unsigned int size;
	struct message **at;
};

/**
 * struct world - what stands for what is known only when it is sent
 * @family: number of the family
 * @n_ids: how many devices and types there are
 * @ids: their ids
 * @fds: file descriptors of two network namespaces
 */
struct world {
	__u16 family;
	unsigned int n_ids;
	__u32 ids[256];
	int fds[2];
};

struct node *node_new(__u16 type, enum node_kind kind);
struct node *node_bytes(__u16 type, const void *bytes, unsigned int n);
struct node *node_copy(const struct node *node);
void node_free(struct node *node);
struct node *node_insert(struct node *nest, unsigned int at, struct node *node);
struct node *node_add(struct node *nest, struct node *node);
struct node *node_take(struct node *nest, unsigned int at);
unsigned int node_count(const struct node *node);
struct node **node_find(struct node **node, unsigned int *at);

struct message *message_new(__u8 cmd, __u16 flags);
struct message *message_copy(const struct message *message);
void message_free(struct message *message);
size_t message_write(const struct message *message, const struct world *world,
		     __u32 seq, void *to, size_t size);

void input_add(struct input *input, struct message *message);
void input_append(struct input *input, const struct input *more);
void input_remove(struct input *input, unsigned int at);
void input_clear(struct input *input);

void input_print(const struct input *input, FILE *out);
int input_read(struct input *input, FILE *in, const char *name);

void *fuzz_alloc(size_t size);
void *fuzz_resize(void *old, size_t size);

#endif /* FUZZ_NETLINK_MESSAGE_H */
