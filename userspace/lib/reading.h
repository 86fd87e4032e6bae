/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the readers of all kinds of documents have in common. */
#ifndef VFIOMIG_READING_H
#define VFIOMIG_READING_H

#include "../../kernel/match.h"
#include "encode.h"
#include "internal.h"

/**
 * struct reading_source - where an attribute stands in the document
 * @at: bytes from the beginning of the attributes on the wire
 * @line: the line it begins in
 */
struct reading_source {
	size_t at;
	unsigned long line;
};

/**
 * struct reading - documents being read
 * @ctx: for the error
 * @name: what the file is called
 * @policy: it is a policy: what is not known here is refused, and an attribute
 *   may be a rule alone
 * @scan: the JSON
 * @tree: the last value that was read as a whole
 * @err: what ended the reading
 * @array: the array that is being read, NULL outside of one
 * @element: index in @array
 * @attr: index in the element's attributes, -1 outside of them
 * @line: the line that the element begins in
 * @has_attrs: its attributes have been read
 * @count: how large they are
 * @attrs: the attributes as they stand on the wire
 * @sources: where they stand in the document
 * @index: the attributes, read
 */
struct reading {
	struct vfiomig *ctx;
	const char *name;
	bool policy;
	struct scan *scan;
	struct scan_tree tree;
	int err;

	const char *array;
	long element;
	long attr;

	unsigned long line;
	bool has_attrs;
	struct vfio_mig_count count;
	struct wire attrs;
	struct reading_source sources[VFIO_MIG_ATTRS_MAX];
	struct vfio_mig_index index;
};

/**
 * struct reading_member - what is at fault in an element or attribute
 * @key: the key of a member, or NULL
 * @index: an element of it, or -1
 * @end: a key in that, or NULL
 */
struct reading_member {
	const char *key;
	long index;
	const char *end;
};

extern const struct reading_member reading_itself;

/**
 * struct reading_key - a member that means something
 * @key: its key
 * @read: reads it, from its first token on
 */
struct reading_key {
	const char *key;
	bool (*read)(struct reading *r);
};

/* All that return bool return false once an error was told. */
void reading_begin(struct reading *r, struct vfiomig *ctx, FILE *in,
		   const char *name);
void reading_end(struct reading *r);

bool reading_wrong(struct reading *r, unsigned long line,
		   const struct reading_member *member, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));
bool reading_wrong_attr(struct reading *r, long attr, const char *key,
			const char *problem);
bool reading_no_memory(struct reading *r);
bool reading_no_json(struct reading *r);

bool reading_documents(struct reading *r, const char *what,
		       bool (*read)(struct reading *r, unsigned int number));
bool reading_schema(struct reading *r, const char *schema);
bool reading_members(struct reading *r, const struct reading_key *keys);
bool reading_elements(struct reading *r, const char *array,
		      bool (*read)(struct reading *r));
bool reading_pass(struct reading *r, enum scan_token token, const char *key,
		  const char *problem);
bool reading_string(struct reading *r, const char *key, char **copy);
bool reading_number(struct reading *r, const char *key, uint64_t max,
		    uint64_t *number);

void reading_begin_attrs(struct reading *r);
bool reading_attrs(struct reading *r);
bool reading_check_attrs(struct reading *r);

#endif /* VFIOMIG_READING_H */
