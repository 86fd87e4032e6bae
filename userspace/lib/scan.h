/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads JSON (RFC 8259) piece by piece, so that files may be larger than
 * memory. json-c, which writes it, does not tell the line that something stands
 * in, nor that a number was too large, nor that a key came twice.
 */
#ifndef VFIOMIG_SCAN_H
#define VFIOMIG_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * enum scan_token - what JSON is made of
 * @SCAN_END: nothing more follows
 * @SCAN_ERROR: this is no JSON, cannot be read, or there is no memory
 * @SCAN_OBJECT: {
 * @SCAN_OBJECT_END: }
 * @SCAN_ARRAY: [
 * @SCAN_ARRAY_END: ]
 * @SCAN_COLON: :
 * @SCAN_COMMA: ,
 * @SCAN_STRING: a string
 * @SCAN_NUMBER: a number
 * @SCAN_TRUE: true
 * @SCAN_FALSE: false
 * @SCAN_NULL: null
 */
enum scan_token {
	SCAN_END,
	SCAN_ERROR,
	SCAN_OBJECT,
	SCAN_OBJECT_END,
	SCAN_ARRAY,
	SCAN_ARRAY_END,
	SCAN_COLON,
	SCAN_COMMA,
	SCAN_STRING,
	SCAN_NUMBER,
	SCAN_TRUE,
	SCAN_FALSE,
	SCAN_NULL,
};

/* Bytes of a key that are kept: more than those we know have. */
#define SCAN_KEY_MAX 32

/* How deep objects and arrays may stand in each other. */
#define SCAN_DEPTH_MAX 64

/**
 * struct scan - JSON being read
 * @in: where it stands
 * @line: the line that is being read, from 1
 * @token: what stands there
 * @text: a string without its quotes and escapes, or a number as it is
 *   written; a NUL follows
 * @len: bytes at @text
 * @room: bytes that @text has room for
 * @ascii: every byte that stood for itself in the string is ASCII
 * @key: of the member that was begun last, perhaps cut short
 * @problem: what is wrong, after SCAN_ERROR
 * @errnum: the errno if it is not the JSON that is wrong
 * @pos: next byte of @buffer
 * @end: where what was read into @buffer ends
 * @buffer: what was read, but not yet looked at
 */
struct scan {
	FILE *in;
	unsigned long line;
	enum scan_token token;
	char *text;
	size_t len;
	size_t room;
	bool ascii;
	char key[SCAN_KEY_MAX];
	const char *problem;
	int errnum;
	size_t pos;
	size_t end;
	unsigned char buffer[65536];
};

/**
 * struct scan_node - a value that was read as a whole
 * @token: what it is, SCAN_OBJECT and SCAN_ARRAY for all that they hold
 * @line: the line it begins in
 * @next: number of the node behind all that it holds
 * @key: where in the texts its key begins, if it is a member of an object
 * @text: where in the texts the string or number begins
 * @len: bytes at @text
 */
struct scan_node {
	enum scan_token token;
	unsigned long line;
	size_t next;
	size_t key;
	size_t text;
	size_t len;
};

/**
 * struct scan_tree - a value that was read as a whole, and what it holds
 * @nodes: the value, then what it holds, depth first
 * @n: how many nodes there are
 * @room: how many @nodes has room for
 * @texts: keys, strings and numbers, each with a NUL behind
 * @used: bytes taken of @texts
 * @size: bytes that @texts has room for
 */
struct scan_tree {
	struct scan_node *nodes;
	size_t n;
	size_t room;
	char *texts;
	size_t used;
	size_t size;
};

struct scan *scan_new(FILE *in);
void scan_free(struct scan *scan);
enum scan_token scan_next(struct scan *scan);
bool scan_fail(struct scan *scan, const char *problem);
int scan_member(struct scan *scan, bool first);
int scan_element(struct scan *scan, bool first);
bool scan_value(struct scan *scan, struct scan_tree *tree);
void scan_tree_free(struct scan_tree *tree);
bool scan_whole(const char *number, uint64_t *whole);

#endif /* VFIOMIG_SCAN_H */
