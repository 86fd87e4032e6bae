/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What requests and answers are made of, as tables, which tools/fuzz/grammar.py
 * makes of the family's spec.
 */
#ifndef FUZZ_NETLINK_GRAMMAR_H
#define FUZZ_NETLINK_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include <linux/vfio_mig.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

/**
 * enum form - what a field holds
 * @FORM_U8: a byte
 * @FORM_U32: four bytes
 * @FORM_U64: eight bytes
 * @FORM_STRING: text, with a NUL behind it
 * @FORM_BINARY: bytes, or attributes without being marked as a nest
 * @FORM_FLAG: nothing
 * @FORM_NEST: attributes
 */
enum form {
	FORM_U8,
	FORM_U32,
	FORM_U64,
	FORM_STRING,
	FORM_BINARY,
	FORM_FLAG,
	FORM_NEST,
};

struct field;

/**
 * struct set - attributes that stand beside each other
 * @name: what the spec calls it
 * @n: how many there are
 * @fields: the attributes
 */
struct set {
	const char *name;
	size_t n;
	const struct field *fields;
};

/**
 * struct field - an attribute
 * @name: what the spec calls it
 * @type: its number
 * @form: what it holds
 * @len: bytes of a number
 * @max: most bytes of a text, without the NUL, or of bytes; 0 without limit
 * @least: least number
 * @most: greatest number, 0 without limit
 * @nested: what is in it
 * @multi: it may come more than once
 */
struct field {
	const char *name;
	__u16 type;
	enum form form;
	unsigned int len;
	unsigned int max;
	unsigned int least;
	unsigned int most;
	const struct set *nested;
	bool multi;
};

/**
 * struct op - a command, and one way to call it
 * @name: what the spec calls it
 * @cmd: its number
 * @dump: it is a dump
 * @admin: not everybody may
 * @request: what may be in the request
 * @reply: what is in each message of the answer; empty if there is none
 */
struct op {
	const char *name;
	__u8 cmd;
	bool dump;
	bool admin;
	struct set request;
	struct set reply;
};

/**
 * struct event - a message that nobody has asked for
 * @cmd: its command
 * @like: the command whose replies it looks like
 */
struct event {
	__u8 cmd;
	__u8 like;
};

extern const struct op ops[];
extern const unsigned int n_ops;
extern const struct event events[];
extern const unsigned int n_events;

#endif /* FUZZ_NETLINK_GRAMMAR_H */
