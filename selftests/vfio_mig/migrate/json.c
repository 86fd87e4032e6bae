// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

/* Whether something stands before what comes next, in the same brackets. */
static bool more;

static void quoted(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20)
			printf("\\u%04x", *text);
		else if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void begin(const char *key)
{
	if (more)
		printf(", ");
	more = true;
	if (!key)
		return;
	quoted(key);
	printf(": ");
}

/**
 * json_begin() - open an object or array
 * @key:	its name; NULL in an array, and of the outermost
 * @bracket:	which, the opening one
 */
void json_begin(const char *key, char bracket)
{
	begin(key);
	putchar(bracket);
	more = false;
}

/**
 * json_end() - close an object or array
 * @bracket:	the closing one
 */
void json_end(char bracket)
{
	putchar(bracket);
	more = true;
}

/**
 * json_str() - a string
 * @key:	its name, or NULL in an array
 * @value:	the string
 */
void json_str(const char *key, const char *value)
{
	begin(key);
	quoted(value);
}

/**
 * json_num() - a number
 * @key:	its name
 * @value:	the number
 */
void json_num(const char *key, unsigned long long value)
{
	begin(key);
	printf("%llu", value);
}

/**
 * json_bool() - true or false
 * @key:	its name
 * @value:	which
 */
void json_bool(const char *key, bool value)
{
	begin(key);
	printf(value ? "true" : "false");
}

/**
 * json_errno() - an errno, by its name
 * @key:	what it is called here
 * @err:	its number
 */
void json_errno(const char *key, int err)
{
	const char *name = strerrorname_np(err);

	json_str(key, name ? name : "?");
}

/**
 * json_fault() - what went wrong, if anything did
 * @key:	its name
 * @fault:	the note
 */
void json_fault(const char *key, const struct fault *fault)
{
	if (!fault->step)
		return;
	json_begin(key, '{');
	if (fault->on)
		json_str("on", fault->on);
	json_str("step", fault->step);
	json_errno("errno", fault->err);
	json_str("message", fault->text);
	json_end('}');
}

/**
 * json_line() - end the line, and let whoever waits for it read it
 */
void json_line(void)
{
	putchar('\n');
	fflush(stdout);
	more = false;
}
