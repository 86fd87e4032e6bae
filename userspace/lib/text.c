// SPDX-License-Identifier: LGPL-2.1-or-later
/* Text that others wrote, times and values. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* How many bytes follow the first byte of a character, -1 if none begins so. */
static int followers(unsigned char first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	if (first >= 0xf0 && first <= 0xf4)
		return 3;
	return -1;
}

/*
 * How many bytes the character at @text takes: 0 if what stands there is not
 * UTF-8, or is the end.
 */
size_t vmig_utf8_len(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	int n = followers(s[0]);

	if (n < 0 || !s[0])
		return 0;
	for (int i = 1; i <= n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;

	/* written too long, a surrogate, or above U+10FFFF */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;

	return n + 1;
}

/* Whether the character is one of U+0000-001F and U+007F-009F. */
bool vmig_is_control(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

/* Returns a copy in which bytes that are not UTF-8 are replaced by U+FFFD. */
char *vmig_replace_bad_utf8(const char *text)
{
	char *copy = malloc(3 * strlen(text) + 1);
	char *to = copy;

	if (!copy)
		return NULL;
	while (*text) {
		size_t len = vmig_utf8_len(text);

		if (len) {
			to = mempcpy(to, text, len);
			text += len;
		} else {
			to = mempcpy(to, "\xef\xbf\xbd", 3);
			text++;
		}
	}
	*to = '\0';
	return copy;
}

/*
 * Makes @text fit to be an attribute's value, in place: UTF-8, no control
 * characters, no longer than the kernel takes.
 */
void vmig_clean_value(char *text)
{
	size_t at = 0;

	while (text[at]) {
		size_t len = vmig_utf8_len(text + at);

		if (!len || vmig_is_control(text + at)) {
			text[at] = '?';
			len = 1;
		}
		if (at + len > VFIO_MIG_STRING_MAX)
			break;
		at += len;
	}
	text[at] = '\0';
}

/* Writes each of @len bytes as \xNN. */
static char *put_escaped(char *to, const char *bytes, size_t len)
{
	while (len--)
		to += sprintf(to, "\\x%02x", (unsigned char)*bytes++);

	return to;
}

char *vfiomig_printable(const char *text)
{
	char *copy = malloc(4 * strlen(text) + 1);
	char *to = copy;

	if (!copy)
		return NULL;
	while (*text) {
		size_t len = vmig_utf8_len(text);
		bool plain = len && !vmig_is_control(text);

		if (!len)
			len = 1;
		if (plain)
			to = mempcpy(to, text, len);
		else
			to = put_escaped(to, text, len);
		text += len;
	}
	*to = '\0';
	return copy;
}

const char *vfiomig_time_text(const struct timespec *time, bool fraction,
			      char text[VFIOMIG_TIME_LEN])
{
	struct tm tm;
	size_t len;

	gmtime_r(&time->tv_sec, &tm);
	len = strftime(text, VFIOMIG_TIME_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
	if (fraction)
		len += snprintf(text + len, VFIOMIG_TIME_LEN - len, ".%06ld",
				time->tv_nsec / 1000);
	snprintf(text + len, VFIOMIG_TIME_LEN - len, "Z");
	return text;
}

/* ------------------------------------------------------------------ values */

const char vmig_no_u64[] =
	"not a whole number from 0 to 18446744073709551615";
const char vmig_no_version[] =
	"not a version of three numbers up to 4294967295, as 1.4.0";

/* Decimal digits without a zero in front, up to @max. */
static bool read_decimal(const char **text, uint64_t max, uint64_t *number)
{
	const char *t = *text;

	if (*t < '0' || *t > '9' || (*t == '0' && t[1] >= '0' && t[1] <= '9'))
		return false;
	for (*number = 0; *t >= '0' && *t <= '9'; t++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, *t - '0', number))
			return false;

	*text = t;
	return *number <= max;
}

bool vmig_read_u64(const char *text, uint64_t *number)
{
	return read_decimal(&text, UINT64_MAX, number) && !*text;
}

/* Leaves @value alone if it is none. */
bool vmig_read_version(const char *text, struct vfiomig_value *value)
{
	uint64_t parts[3];

	if (!read_decimal(&text, UINT32_MAX, &parts[0]) || *text++ != '.' ||
	    !read_decimal(&text, UINT32_MAX, &parts[1]) || *text++ != '.' ||
	    !read_decimal(&text, UINT32_MAX, &parts[2]) || *text)
		return false;

	value->type = VFIOMIG_VALUE_VERSION;
	value->version.major = parts[0];
	value->version.minor = parts[1];
	value->version.patch = parts[2];
	return true;
}
