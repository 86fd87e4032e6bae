// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers, held against the grammar.
 */
#include <stdio.h>
#include <string.h>

#include "play.h"

static bool number_right(const struct field *field, const struct nlattr *nla)
{
	__u64 number = 0;

	if (attr_len(nla) != field->len)
		return false;
	memcpy(&number, attr_data(nla), field->len);
	return number >= field->least &&
	       (!field->most || number <= field->most);
}

static bool text_right(const struct field *field, const struct nlattr *nla)
{
	size_t len = attr_len(nla);

	return len && strnlen(attr_data(nla), len) == len - 1 &&
	       (!field->max || len - 1 <= field->max);
}

static bool field_right(const struct field *field, const struct nlattr *nla,
			char *wrong, size_t size)
{
	bool nest = field->form == FORM_NEST;

	if ((nla->nla_type & ~NLA_TYPE_MASK) != (nest ? NLA_F_NESTED : 0))
		return false;
	switch (field->form) {
	case FORM_U8:
	case FORM_U32:
	case FORM_U64:
		return number_right(field, nla);
	case FORM_STRING:
		return text_right(field, nla);
	case FORM_BINARY:
		return !field->max || attr_len(nla) <= field->max;
	case FORM_FLAG:
		return !attr_len(nla);
	case FORM_NEST:
		return reply_right(field->nested, attr_data(nla),
				   attr_len(nla), wrong, size);
	}
	return false;
}

/**
 * reply_right - is it what the grammar says?
 * @set: what it may be made of
 * @from: where its attributes begin
 * @len: how many bytes they take
 * @wrong: where to tell what is wrong
 * @size: how much room there is
 *
 * Return: true if it is.
 */
bool reply_right(const struct set *set, const void *from, size_t len,
		 char *wrong, size_t size)
{
	const struct nlattr *nla = NULL;
	unsigned int seen = 0;
	size_t at = 0, i;

	while ((nla = attr_next(nla, from, len))) {
		for (i = 0; i < set->n; i++)
			if (set->fields[i].type == attr_type(nla))
				break;
		if (i == set->n) {
			snprintf(wrong, size, "reply: %s has a member %u",
				 set->name, attr_type(nla));
			return false;
		}
		if (seen & 1 << i && !set->fields[i].multi) {
			snprintf(wrong, size, "reply: %s comes twice",
				 set->fields[i].name);
			return false;
		}
		seen |= 1 << i;
		if (!field_right(&set->fields[i], nla, wrong, size)) {
			if (!*wrong)
				snprintf(wrong, size, "reply: %s is wrong",
					 set->fields[i].name);
			return false;
		}
		at = (const char *)nla - (const char *)from +
		     NLA_ALIGN(nla->nla_len);
	}
	/* the last one in a nest is padded behind its end */
	if (at >= len)
		return true;
	snprintf(wrong, size, "reply: %s has bytes left over", set->name);
	return false;
}
