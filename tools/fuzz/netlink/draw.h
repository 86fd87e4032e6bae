/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests drawn from the grammar, in order at first, and then changed.
 */
#ifndef FUZZ_NETLINK_DRAW_H
#define FUZZ_NETLINK_DRAW_H

#include "grammar.h"
#include "message.h"

/**
 * struct handles - what there is to ask for
 * @n: how many devices and types
 * @at: what they are called; a device has no parent
 * @n_names: how many names their attributes have
 * @names: the names
 */
struct handles {
	unsigned int n;
	struct {
		char bus[VFIO_MIG_BUS_MAX + 1];
		char parent[VFIO_MIG_HANDLE_PART_MAX + 1];
		char name[VFIO_MIG_HANDLE_PART_MAX + 1];
	} at[256];
	unsigned int n_names;
	char names[96][VFIO_MIG_NAME_MAX + 1];
};

/**
 * struct dice - where what is drawn comes from
 * @state: from which the next number follows
 * @handles: what there is to ask for
 */
struct dice {
	__u64 state;
	const struct handles *handles;
};

__u32 roll(struct dice *dice, __u32 below);
struct node *draw_field(struct dice *dice, const struct field *field,
			unsigned int depth);
struct node *draw_attr(struct dice *dice, __u16 type);
void draw_input(struct dice *dice, struct input *input);

/**
 * struct pool - inputs that have led somewhere
 * @n: how many
 * @at: the inputs
 */
struct pool {
	unsigned int n;
	struct input *at;
};

void mutate(struct dice *dice, struct input *input, const struct pool *pool);

#endif /* FUZZ_NETLINK_DRAW_H */
