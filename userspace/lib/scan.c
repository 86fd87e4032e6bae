// SPDX-License-Identifier: LGPL-2.1-or-later
/* JSON, piece by piece. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "scan.h"

/* More than any value that means something here has. */
#define TEXT_MAX (1u << 20)
#define NODES_MAX (1u << 16)

struct scan *scan_new(FILE *in)
{
	struct scan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		return NULL;
	scan->in = in;
	scan->line = 1;
	scan->token = SCAN_NULL;
	return scan;
}

void scan_free(struct scan *scan)
{
	if (!scan)
		return;
	free(scan->text);
	free(scan);
}

/* The first problem is the one that is told. Returns false. */
bool scan_fail(struct scan *scan, const char *problem)
{
	if (scan->token == SCAN_END)
		problem = "the document ends too early";
	if (scan->token != SCAN_ERROR)
		scan->problem = problem;
	scan->token = SCAN_ERROR;
	return false;
}

static bool no_memory(struct scan *scan)
{
	scan->errnum = ENOMEM;
	return scan_fail(scan, "out of memory");
}

/* The next byte, which stays where it is; -1 at the end. */
static int look(struct scan *scan)
{
	if (scan->pos < scan->end)
		return scan->buffer[scan->pos];

	scan->pos = 0;
	errno = 0;
	scan->end = fread(scan->buffer, 1, sizeof(scan->buffer), scan->in);
	if (scan->end)
		return scan->buffer[0];
	if (ferror(scan->in)) {
		scan->errnum = errno ? errno : EIO;
		scan_fail(scan, strerror(scan->errnum));
	}
	return -1;
}

/* ----------------------------------------------------------------- strings */

static bool keep(struct scan *scan, const void *bytes, size_t len)
{
	size_t size = scan->len + len + 1;

	if (size > TEXT_MAX)
		return scan_fail(scan, "a string or number is too long");
	if (size > scan->room) {
		char *longer = realloc(scan->text, 2 * size);

		if (!longer)
			return no_memory(scan);
		scan->text = longer;
		scan->room = 2 * size;
	}
	memcpy(scan->text + scan->len, bytes, len);
	scan->len += len;
	scan->text[scan->len] = '\0';
	return true;
}

static bool keep_char(struct scan *scan, uint32_t c)
{
	unsigned char utf8[4];

	if (c < 0x80) {
		utf8[0] = c;
		return keep(scan, utf8, 1);
	}
	if (c < 0x800) {
		utf8[0] = 0xc0 | c >> 6;
		utf8[1] = 0x80 | (c & 0x3f);
		return keep(scan, utf8, 2);
	}
	if (c < 0x10000) {
		utf8[0] = 0xe0 | c >> 12;
		utf8[1] = 0x80 | (c >> 6 & 0x3f);
		utf8[2] = 0x80 | (c & 0x3f);
		return keep(scan, utf8, 3);
	}
	utf8[0] = 0xf0 | c >> 18;
	utf8[1] = 0x80 | (c >> 12 & 0x3f);
	utf8[2] = 0x80 | (c >> 6 & 0x3f);
	utf8[3] = 0x80 | (c & 0x3f);
	return keep(scan, utf8, 4);
}

/* Four hexadecimal digits. */
static bool read_unit(struct scan *scan, uint32_t *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++) {
		int c = look(scan);

		if (c < 0 || !isxdigit(c))
			return scan_fail(scan, "\\u needs four digits");
		scan->pos++;
		*unit = *unit << 4 | (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return true;
}

static bool expect(struct scan *scan, int c)
{
	if (look(scan) != c)
		return false;
	scan->pos++;
	return true;
}

/* What follows \u; a character may be written as two halves. */
static bool read_unicode(struct scan *scan)
{
	uint32_t high, low;

	if (!read_unit(scan, &high))
		return false;
	if (high < 0xd800 || high > 0xdfff)
		return keep_char(scan, high);

	if (high > 0xdbff || !expect(scan, '\\') || !expect(scan, 'u'))
		return scan_fail(scan, "half a character");
	if (!read_unit(scan, &low))
		return false;
	if (low < 0xdc00 || low > 0xdfff)
		return scan_fail(scan, "half a character");
	return keep_char(scan, 0x10000 + ((high & 0x3ff) << 10) +
			       (low & 0x3ff));
}

static bool read_escape(struct scan *scan)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = look(scan);
	const char *at;

	if (c < 0)
		return scan_fail(scan, "a string does not end");
	scan->pos++;
	if (c == 'u')
		return read_unicode(scan);

	at = c ? strchr(from, c) : NULL;
	if (!at)
		return scan_fail(scan, "unknown escape in a string");
	return keep(scan, &to[at - from], 1);
}

/* Bytes that stand for themselves, as many as there are at once. */
static bool read_plain(struct scan *scan)
{
	const unsigned char *from = scan->buffer + scan->pos;
	const unsigned char *end = scan->buffer + scan->end, *c = from;
	unsigned char all = 0;

	while (c < end && *c != '"' && *c != '\\' && *c >= 0x20)
		all |= *c++;
	scan->pos = c - scan->buffer;
	if (all & 0x80)
		scan->ascii = false;
	return keep(scan, from, c - from);
}

static bool is_utf8(const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		size_t n = *text ? vmig_utf8_len(text) : 1;

		if (!n)
			return false;
		text += n;
	}
	return true;
}

static bool read_string(struct scan *scan)
{
	scan->len = 0;
	scan->ascii = true;
	for (;;) {
		int c = look(scan);
		bool ok;

		if (c < 0)
			return scan_fail(scan, "a string does not end");
		if (c < 0x20)
			return scan_fail(scan,
					 "a control character in a string");
		if (c == '"')
			break;
		if (c == '\\') {
			scan->pos++;
			ok = read_escape(scan);
		} else {
			ok = read_plain(scan);
		}
		if (!ok)
			return false;
	}
	scan->pos++;
	if (!keep(scan, "", 0))
		return false;
	/* what is escaped becomes what it should */
	if (!scan->ascii && !is_utf8(scan->text, scan->len))
		return scan_fail(scan, "a string is not UTF-8");
	return true;
}

/* ------------------------------------------------------- numbers and words */

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool keep_next(struct scan *scan)
{
	return keep(scan, &scan->buffer[scan->pos++], 1);
}

static bool read_digits(struct scan *scan)
{
	if (!is_digit(look(scan)))
		return scan_fail(scan, "a number lacks digits");
	while (is_digit(look(scan)))
		if (!keep_next(scan))
			return false;

	return true;
}

static bool read_integer(struct scan *scan)
{
	if (look(scan) == '-' && !keep_next(scan))
		return false;
	if (look(scan) != '0')
		return read_digits(scan);
	if (!keep_next(scan))
		return false;
	if (is_digit(look(scan)))
		return scan_fail(scan, "a number begins with 0");
	return true;
}

static bool read_number(struct scan *scan)
{
	scan->len = 0;
	if (!read_integer(scan))
		return false;
	if (look(scan) == '.' && (!keep_next(scan) || !read_digits(scan)))
		return false;
	if (look(scan) != 'e' && look(scan) != 'E')
		return true;

	if (!keep_next(scan))
		return false;
	if ((look(scan) == '+' || look(scan) == '-') && !keep_next(scan))
		return false;
	return read_digits(scan);
}

static bool read_word(struct scan *scan, const char *word)
{
	while (*word)
		if (!expect(scan, *word++))
			return scan_fail(scan,
					 "neither a value nor punctuation");

	return true;
}

static enum scan_token read_token(struct scan *scan, int c)
{
	static const enum scan_token marks[] = {
		['{'] = SCAN_OBJECT, ['}'] = SCAN_OBJECT_END,
		['['] = SCAN_ARRAY, [']'] = SCAN_ARRAY_END,
		[':'] = SCAN_COLON, [','] = SCAN_COMMA,
	};

	if (c <= '}' && marks[c]) {
		scan->pos++;
		return marks[c];
	}
	switch (c) {
	case '"':
		scan->pos++;
		return read_string(scan) ? SCAN_STRING : SCAN_ERROR;
	case 't':
		return read_word(scan, "true") ? SCAN_TRUE : SCAN_ERROR;
	case 'f':
		return read_word(scan, "false") ? SCAN_FALSE : SCAN_ERROR;
	case 'n':
		return read_word(scan, "null") ? SCAN_NULL : SCAN_ERROR;
	}
	if (c == '-' || is_digit(c))
		return read_number(scan) ? SCAN_NUMBER : SCAN_ERROR;

	scan_fail(scan, "neither a value nor punctuation");
	return SCAN_ERROR;
}

/* Goes on to the next token. */
enum scan_token scan_next(struct scan *scan)
{
	int c;

	if (scan->token == SCAN_ERROR)
		return SCAN_ERROR;

	while ((c = look(scan)) == ' ' || c == '\t' || c == '\r' || c == '\n') {
		scan->line += c == '\n';
		scan->pos++;
	}
	if (c >= 0)
		scan->token = read_token(scan, c);
	else if (scan->token != SCAN_ERROR)
		scan->token = SCAN_END;

	return scan->token;
}

/* ------------------------------------------------------ objects and arrays */

/* One that holds a NUL is none that we know, nor is one that is cut off. */
static void keep_key(struct scan *scan)
{
	size_t len = scan->len;

	if (memchr(scan->text, '\0', len))
		len = 0;
	if (len >= sizeof(scan->key))
		len = sizeof(scan->key) - 1;
	memcpy(scan->key, scan->text, len);
	scan->key[len] = '\0';
}

/*
 * Goes on to the value of an object's next member, whose key it leaves in
 * scan->key. To begin with, @first, the object's beginning is passed. Returns
 * 1, 0 if the object has ended, and is passed, or -1.
 */
int scan_member(struct scan *scan, bool first)
{
	if (first)
		scan_next(scan);
	if (scan->token == SCAN_OBJECT_END) {
		scan_next(scan);
		return 0;
	}
	if (!first) {
		if (scan->token != SCAN_COMMA) {
			scan_fail(scan, "neither a comma nor }");
			return -1;
		}
		scan_next(scan);
	}
	if (scan->token != SCAN_STRING) {
		scan_fail(scan, "no key");
		return -1;
	}
	keep_key(scan);
	if (scan_next(scan) != SCAN_COLON) {
		scan_fail(scan, "no colon behind a key");
		return -1;
	}
	return scan_next(scan) == SCAN_ERROR ? -1 : 1;
}

/* The same for the next element of an array. */
int scan_element(struct scan *scan, bool first)
{
	if (first)
		scan_next(scan);
	if (scan->token == SCAN_ARRAY_END) {
		scan_next(scan);
		return 0;
	}
	if (!first) {
		if (scan->token != SCAN_COMMA) {
			scan_fail(scan, "neither a comma nor ]");
			return -1;
		}
		scan_next(scan);
	}
	return scan->token == SCAN_ERROR ? -1 : 1;
}

/* Puts a text into a tree, and tells where. */
static bool add_text(struct scan *scan, struct scan_tree *tree,
		     const char *text, size_t len, size_t *at)
{
	size_t used = tree->used + len + 1;

	if (used > TEXT_MAX)
		return scan_fail(scan, "a value is too large");
	if (used > tree->size) {
		char *longer = realloc(tree->texts, 2 * used);

		if (!longer)
			return no_memory(scan);
		tree->texts = longer;
		tree->size = 2 * used;
	}
	*at = tree->used;
	memcpy(tree->texts + tree->used, text, len);
	tree->texts[used - 1] = '\0';
	tree->used = used;
	return true;
}

static bool add_node(struct scan *scan, struct scan_tree *tree, bool member)
{
	struct scan_node *node;

	if (tree->n == NODES_MAX)
		return scan_fail(scan, "a value is too large");
	if (tree->n == tree->room) {
		size_t room = tree->room ? 2 * tree->room : 64;

		node = reallocarray(tree->nodes, room, sizeof(*node));
		if (!node)
			return no_memory(scan);
		tree->nodes = node;
		tree->room = room;
	}
	node = &tree->nodes[tree->n++];
	memset(node, 0, sizeof(*node));
	node->token = scan->token;
	node->line = scan->line;
	node->next = tree->n;
	if (member && !add_text(scan, tree, scan->key, strlen(scan->key),
				&node->key))
		return false;
	if (scan->token != SCAN_STRING && scan->token != SCAN_NUMBER)
		return true;
	node->len = scan->len;
	return add_text(scan, tree, scan->text, scan->len, &node->text);
}

/**
 * struct level - an object or array that has begun, but not ended
 * @node: its node in the tree
 * @object: it is an object
 */
struct level {
	size_t node;
	bool object;
};

/* Goes on to the next value in it: 1, 0 if it has ended, -1. */
static int go_on(struct scan *scan, const struct level *level, bool first)
{
	return level->object ? scan_member(scan, first) :
			       scan_element(scan, first);
}

/*
 * Passes the value that begins with the current token, and puts it into @tree,
 * if that is not NULL, in place of what was there.
 */
bool scan_value(struct scan *scan, struct scan_tree *tree)
{
	struct level levels[SCAN_DEPTH_MAX];
	size_t depth = 0;
	int more;

	if (tree) {
		tree->n = 0;
		tree->used = 0;
	}
	for (;;) {
		bool nest = scan->token == SCAN_OBJECT ||
			    scan->token == SCAN_ARRAY;

		if (!nest && scan->token < SCAN_STRING)
			return scan_fail(scan, "no value");
		if (tree && !add_node(scan, tree,
				      depth && levels[depth - 1].object))
			return false;
		if (nest) {
			if (depth == SCAN_DEPTH_MAX)
				return scan_fail(scan, "nested too deeply");
			levels[depth].node = tree ? tree->n - 1 : 0;
			levels[depth].object = scan->token == SCAN_OBJECT;
			more = go_on(scan, &levels[depth++], true);
		} else {
			scan_next(scan);
			if (!depth)
				return scan->token != SCAN_ERROR;
			more = go_on(scan, &levels[depth - 1], false);
		}
		while (!more) {
			depth--;
			if (tree)
				tree->nodes[levels[depth].node].next = tree->n;
			if (!depth)
				return scan->token != SCAN_ERROR;
			more = go_on(scan, &levels[depth - 1], false);
		}
		if (more < 0)
			return false;
	}
}

void scan_tree_free(struct scan_tree *tree)
{
	free(tree->nodes);
	free(tree->texts);
}

/* ----------------------------------------------------------- whole numbers */

/*
 * The number, written as JSON does it, if it is a whole one from 0 to 2^64-1.
 * It need not be written as one: 1.0 and 10e-1 are whole.
 */
bool scan_whole(const char *number, uint64_t *whole)
{
	const char *end = number + strcspn(number, "eE");
	const char *point = number + strcspn(number, ".eE");
	const char *last = end;
	long shift = 0;

	/* the digits up to the last that is not 0, as if no point were there */
	*whole = 0;
	while (last > number && (last[-1] < '1' || last[-1] > '9'))
		last--;
	if (last == number)
		return true;
	if (*number == '-')
		return false;
	for (const char *c = number; c < last; c++)
		if (*c != '.' && (__builtin_mul_overflow(*whole, 10, whole) ||
				  __builtin_add_overflow(*whole, *c - '0',
							 whole)))
			return false;

	/* how many places the point is away from there */
	if (*end)
		shift = strtol(end + 1, NULL, 10);
	if (shift > (long)TEXT_MAX || shift < -(long)TEXT_MAX)
		return false;
	shift += last > point ? point + 1 - last : point - last;
	while (shift-- > 0)
		if (__builtin_mul_overflow(*whole, 10, whole))
			return false;

	return shift == -1;
}
