/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of the module's code has run for a request, where the kernel can tell
 * (KCOV).
 */
#ifndef FUZZ_NETLINK_COVER_H
#define FUZZ_NETLINK_COVER_H

#include <stdbool.h>

/**
 * struct cover - what was reached; processes share it
 * @edges: pairs of places that ran one after the other
 * @places: places
 */
struct cover {
	unsigned long edges;
	unsigned long places;
};

bool cover_open(void);
const struct cover *cover_share(void);
void cover_enable(void);
void cover_begin(void);
bool cover_end(void);

#endif /* FUZZ_NETLINK_COVER_H */
