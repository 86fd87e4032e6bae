/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel for the tests: it stands for lib/sock.c, answers requests as the
 * module vfio_mig does, and misbehaves as it is told to.
 */
#ifndef VFIOMIG_TESTS_KERNEL_H
#define VFIOMIG_TESTS_KERNEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "internal.h"

/* A test with the setup and teardown of its file. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/**
 * struct refusal - an error to answer with
 * @cmd: which command is refused, 0 if none is
 * @err: the errno, positive
 * @text: the kernel's words, or NULL
 * @offset: where the bad attribute is, 0 if none is
 * @miss_type: number of the missing attribute, 0 if none is
 * @miss_nest: where the nest is that lacks it, 0 if it lacks at the top
 * @done: refused at the end of the list instead of at once
 */
struct refusal {
	int cmd;
	int err;
	const char *text;
	uint32_t offset;
	uint32_t miss_type;
	uint32_t miss_nest;
	bool done;
};

/**
 * struct kernel - its state
 * @family: number of the family, 0 if the module is not loaded
 * @group: number of its multicast group
 * @instance: drawn when the module was loaded
 * @seq: number of the last event
 * @nsid: the network namespace in which objects come, VMIG_HOME for that of the
 *   library
 * @closed: there is no right to listen to others, nor to enter them
 * @undescribed: as in status-get
 * @admin_max: so many attributes may an administrator set
 * @crowded: of each driver that a policy speaks of there is a device, which has
 *   room for that many
 * @interrupt: so many dumps are interrupted
 * @truncate: so many bytes of the next answer are cut off
 * @mute: events are numbered, but do not arrive
 * @refusal: what is refused
 * @before_change: called with attr-set or attr-del before it is answered
 * @before_dump: called when objects are asked for, before they are told
 * @in_dump: called after each of them
 * @after_dump: called after all of them
 * @idle: called once when who listens for events has read them all
 * @moves: how often an object came or went
 * @buffer: size that the buffer of a socket was set to
 * @clock: milliseconds, 0 for those of the machine
 * @requests: how many requests came
 * @opened: how many sockets were opened
 */
struct kernel {
	uint16_t family;
	uint32_t group;
	uint64_t instance;
	uint64_t seq;
	int32_t nsid;
	bool closed;
	uint32_t undescribed;
	unsigned int admin_max;
	bool crowded;
	int interrupt;
	int truncate;
	bool mute;
	struct refusal refusal;
	void (*before_change)(int cmd);
	void (*before_dump)(void);
	void (*in_dump)(void);
	void (*after_dump)(void);
	void (*idle)(void);
	unsigned int moves;
	size_t buffer;
	uint64_t clock;
	int requests;
	int opened;
};

extern struct kernel kernel;

int kernel_reset(void **state);
int kernel_clean(void **state);

/* The module is taken out, or loaded with another number and instance. */
void kernel_unload(void);
void kernel_load(void);

/* Something happens to an object, which is told. @msg is taken over. */
void kernel_add(enum vfiomig_kind kind, struct nl_msg *msg);
void kernel_change(enum vfiomig_kind kind, struct nl_msg *msg);
void kernel_del(enum vfiomig_kind kind, uint32_t id);

/* A device goes to another network namespace. */
void kernel_move(uint32_t id, int32_t nsid);
void kernel_bring_home(int32_t nsid);

/* The sockets that listen have no room any more, until they are read. */
void kernel_overflow(void);

/* Any bytes in the sockets that listen. */
void kernel_send(const void *data, size_t len);

/*
 * kernel_netns.c, which stands for lib/netns.c: another namespace is there and
 * gets that number, is called that, or not any more with NULL, or dies. Of it
 * no more may be heard than its number was given, and told.
 */
void kernel_add_netns(int32_t nsid, const char *name);
void kernel_name_netns(int32_t nsid, const char *name);
void kernel_kill_netns(int32_t nsid);
/* What was told of numbers is lost. */
void kernel_lose_nsids(void);

void kernel_forget_netns(void);
void kernel_forget_seqs(void);
bool kernel_has_nsid(int32_t nsid);
int32_t kernel_netns_at(int fd);
uint64_t *kernel_seq(int32_t nsid);

/* ------------------------------------------- building what is on the wire */

struct nl_msg *object(uint32_t id, const char *bus, const char *parent,
		      const char *name);
struct nlattr *attr_begin(struct nl_msg *msg, const char *name);
void attr_end(struct nl_msg *msg, struct nlattr *nest, uint32_t rule,
	      uint32_t severity, uint32_t missing);
void add_string(struct nl_msg *msg, const char *name, const char *value);
void add_bool(struct nl_msg *msg, const char *name, bool value);
void add_u64(struct nl_msg *msg, const char *name, uint64_t value);
void add_label(struct nl_msg *msg, uint32_t bit, const char *name);
void put_u64(struct nl_msg *msg, int type, uint64_t value);

/* Reads an object from such a message, which is taken over. */
int read_object(struct vfiomig *ctx, enum vfiomig_kind kind, struct nl_msg *msg,
		struct vfiomig_object **object);

#endif /* VFIOMIG_TESTS_KERNEL_H */
