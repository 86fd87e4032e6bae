/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One JSON object a line, on standard output.
 */
#ifndef SELFTESTS_VFIO_MIG_JSON_H
#define SELFTESTS_VFIO_MIG_JSON_H

#include <stdbool.h>

#include "fault.h"

void json_begin(const char *key, char bracket);
void json_end(char bracket);
void json_str(const char *key, const char *value);
void json_num(const char *key, unsigned long long value);
void json_bool(const char *key, bool value);
void json_errno(const char *key, int err);
void json_fault(const char *key, const struct fault *fault);
void json_line(void);

#endif
