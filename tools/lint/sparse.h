/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sparse 0.6.4 does not understand of the headers of Linux 7.2, said in
 * words that it does. Nothing but sparse reads this.
 */
#define __typeof_unqual__ __typeof__

/* of a literal: not a constant expression, for sparse */
#define __builtin_strlen(text) (sizeof(text) - 1)
