/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables whose columns stand below each other. */
#ifndef VFIOMIG_TABLE_H
#define VFIOMIG_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum color {
	COLOR_NONE,
	COLOR_BOLD,
	COLOR_GOOD,
	COLOR_BAD,
	COLOR_WARN,
	COLOR_DIM,
};

struct table;

struct table *table_new(unsigned int columns, const char * const headers[]);
void table_free(struct table *table);
void table_add(struct table *table, enum color color, const char *text);
void table_take(struct table *table, enum color color, char *text);
void table_string(struct table *table, const char *text);
void table_print(const struct table *table, FILE *out, bool color);

enum color color_of_severity(uint32_t severity);
const char *color_on(enum color color);
const char *color_off(enum color color);

#endif /* VFIOMIG_TABLE_H */
