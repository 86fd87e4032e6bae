/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bare devices of the kernel that runs, sim/sim0 and so on, and what the tests
 * have to say of them.
 */
#ifndef VFIOMIG_TESTS_LIVE_DEVICE_H
#define VFIOMIG_TESTS_LIVE_DEVICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "internal.h"

/* There are that many, new ones. Returns 0 or -errno. */
int devices_make(unsigned int n);

/*
 * Device @n says what @profile says, and the number that it always says.
 * Returns 0, or what the kernel has refused it with.
 */
int devices_set(struct vfiomig *ctx, unsigned int n,
		const struct vfiomig_object *profile);

/* What the kernel says of device @n, or NULL with the error told. */
struct vfiomig_object *devices_get(struct vfiomig *ctx, unsigned int n);

/* The kernel's verdict on device @n, likewise. */
struct vfiomig_result *devices_ask(struct vfiomig *ctx,
				   struct vfiomig_check *check, unsigned int n);

/* The result as text, but for who has judged. To be given back with free(). */
char *result_text(const struct vfiomig_result *result);

/* The number that an environment variable holds. */
uint64_t number_of(const char *variable, uint64_t otherwise);

/* Runs the tests, as KTAP. Returns what main() does. */
int live_main(const struct CMUnitTest *tests, size_t n);

#define LIVE_MAIN(tests) live_main(tests, sizeof(tests) / sizeof(tests[0]))

#endif /* VFIOMIG_TESTS_LIVE_DEVICE_H */
