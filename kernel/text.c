// SPDX-License-Identifier: GPL-2.0-only
/*
 * Strings that others wrote, made fit for a profile: UTF-8 without control
 * characters.
 */

#include <linux/minmax.h>
#include <linux/string.h>

#include "match.h"
#include "text.h"

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
		unsigned int n = vfio_mig_char_len(s, strlen((const char *)s));

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
