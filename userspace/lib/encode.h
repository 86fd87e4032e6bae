/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From attributes, or what a document says of them, to those on the wire. */
#ifndef VFIOMIG_ENCODE_H
#define VFIOMIG_ENCODE_H

#include <stdint.h>

#include "scan.h"
#include "vfiomig.h"

/**
 * struct wire - attributes being written
 * @data: what was written
 * @len: bytes at @data
 * @room: bytes that @data has room for
 * @failed: there was no memory
 */
struct wire {
	uint8_t *data;
	size_t len;
	size_t room;
	bool failed;
};

void wire_put(struct wire *wire, uint16_t type, const void *data, size_t len);
void wire_put_u32(struct wire *wire, uint16_t type, uint32_t number);
void wire_put_u64(struct wire *wire, uint16_t type, uint64_t number);
void wire_put_string(struct wire *wire, uint16_t type, const char *string);
void wire_append(struct wire *wire, const void *data, size_t len);
void wire_put_attr(struct wire *wire, const struct vfiomig_attr *attr);

/**
 * struct encode_error - why an attribute of a document is refused
 * @message: what is wrong, to be given back with free(); NULL if there was no
 *   memory to tell
 * @line: where
 * @key: the member at fault, or NULL
 * @index: the element of it, or -1
 * @end: the member of that, or NULL
 */
struct encode_error {
	char *message;
	unsigned long line;
	const char *key;
	long index;
	const char *end;
};

bool encode_attr(struct wire *wire, const struct scan_tree *tree, bool policy,
		 struct encode_error *error);
bool encode_is_rule(const void *attr);
void encode_sample(struct wire *wire, const void *attr);
const char *encode_name(const struct scan_tree *tree);

#endif /* VFIOMIG_ENCODE_H */
