// SPDX-License-Identifier: GPL-2.0-only
/*
 * Strings that others wrote, made fit for a profile: UTF-8 without control
 * characters.
 */

#include <linux/minmax.h>
#include <linux/string.h>

#include "text.h"

/*
 * Returns how many bytes the character at @s takes, 0 if what stands there is
 * not UTF-8, or is a control character. A NUL ends @s, and is no part of any
 * character, so that nothing behind it is looked at.
 */
static unsigned int char_len(const u8 *s)
{
	unsigned int i, n;
	u32 c, min;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;

	if ((s[0] & 0xe0) == 0xc0) {
		n = 2;
		c = s[0] & 0x1f;
		min = 0xa0;
	} else if ((s[0] & 0xf0) == 0xe0) {
		n = 3;
		c = s[0] & 0x0f;
		min = 0x800;
	} else if ((s[0] & 0xf8) == 0xf0) {
		n = 4;
		c = s[0] & 0x07;
		min = 0x10000;
	} else {
		return 0;
	}

	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}

	if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

/**
 * vfio_mig_text_clean - copy a string and make it fit for a profile
 * @dst: where to
 * @size: bytes at @dst, with the NUL
 * @src: string that may hold anything
 *
 * A byte that cannot stand in a profile's string becomes a question mark, as
 * does a string of no bytes. What does not fit is cut off between two
 * characters.
 */
void vfio_mig_text_clean(char *dst, size_t size, const char *src)
{
	const u8 *s = (const u8 *)src;
	size_t room = size - 1;

	if (!*s)
		s = (const u8 *)"?";

	while (*s) {
		unsigned int n = char_len(s);

		if (room < max(n, 1U))
			break;
		if (n) {
			memcpy(dst, s, n);
		} else {
			*dst = '?';
			n = 1;
		}
		dst += n;
		s += n;
		room -= n;
	}
	*dst = '\0';
}
