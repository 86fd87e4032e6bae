// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables whose columns stand below each other. */
#include <linux/vfio_mig.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "cli.h"
#include "table.h"

/* Blanks between two columns. */
#define GAP 2

/**
 * struct cell - a cell
 * @text: what is in it, fit for a terminal
 * @width: columns that it takes there
 * @color: its colour
 */
struct cell {
	char *text;
	int width;
	enum color color;
};

/**
 * struct table - a table
 * @columns: how many columns it has
 * @len: how many cells it has, the headers included
 * @room: how many @cells has room for
 * @cells: the cells, row by row
 */
struct table {
	unsigned int columns;
	size_t len;
	size_t room;
	struct cell *cells;
};

enum color color_of_severity(uint32_t severity)
{
	switch (severity) {
	case VFIO_MIG_SEVERITY_FAIL:
		return COLOR_BAD;
	case VFIO_MIG_SEVERITY_UNDECIDED:
		return COLOR_WARN;
	default:
		return COLOR_NONE;
	}
}

const char *color_on(enum color color)
{
	switch (color) {
	case COLOR_BOLD:
		return "\033[1m";
	case COLOR_GOOD:
		return "\033[32m";
	case COLOR_BAD:
		return "\033[31m";
	case COLOR_WARN:
		return "\033[33m";
	case COLOR_DIM:
		return "\033[2m";
	default:
		return "";
	}
}

const char *color_off(enum color color)
{
	return color == COLOR_NONE ? "" : "\033[0m";
}

/* How many columns of a terminal the text takes; it is UTF-8. */
static int width_of(const char *text)
{
	mbstate_t state = { 0 };
	int width = 0;

	while (*text) {
		size_t len;
		wchar_t c;
		int w;

		len = mbrtowc(&c, text, strlen(text), &state);
		if (len == (size_t)-1 || len == (size_t)-2)
			return width + strlen(text);
		w = wcwidth(c);
		width += w < 0 ? 1 : w;
		text += len;
	}
	return width;
}

struct table *table_new(unsigned int columns, const char * const headers[])
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		no_memory();
	table->columns = columns;
	for (unsigned int i = 0; i < columns; i++)
		table_add(table, COLOR_BOLD, headers[i]);

	return table;
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->len; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table);
}

/* Adds the next cell, row by row. What it cannot show is escaped. */
void table_add(struct table *table, enum color color, const char *text)
{
	struct cell *cell;

	if (table->len == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->cells = reallocarray(table->cells, table->room,
					    sizeof(*table->cells));
		if (!table->cells)
			no_memory();
	}
	cell = &table->cells[table->len++];
	cell->text = printable(text);
	cell->width = width_of(cell->text);
	cell->color = color;
}

/* The same, and frees @text. */
void table_take(struct table *table, enum color color, char *text)
{
	table_add(table, color, text);
	free(text);
}

/* The same, for something that may not be known. */
void table_string(struct table *table, const char *text)
{
	table_add(table, text ? COLOR_NONE : COLOR_DIM, text ? text : "-");
}

static int column_width(const struct table *table, unsigned int column)
{
	int width = 0;

	for (size_t i = column; i < table->len; i += table->columns)
		if (table->cells[i].width > width)
			width = table->cells[i].width;

	return width;
}

static void print_cell(const struct cell *cell, int width, FILE *out,
		       bool color)
{
	if (color)
		fputs(color_on(cell->color), out);
	fputs(cell->text, out);
	if (color)
		fputs(color_off(cell->color), out);
	fprintf(out, "%*s", width - cell->width, "");
}

void table_print(const struct table *table, FILE *out, bool color)
{
	int *widths = calloc(table->columns, sizeof(*widths));
	unsigned int last = table->columns - 1;

	if (!widths)
		no_memory();
	/* nothing follows the last column, so nothing fills it up */
	for (unsigned int c = 0; c < last; c++)
		widths[c] = column_width(table, c) + GAP;

	for (size_t i = 0; i < table->len; i++) {
		const struct cell *cell = &table->cells[i];
		unsigned int c = i % table->columns;

		print_cell(cell, c == last ? cell->width : widths[c], out,
			   color);
		if (c == last)
			fputc('\n', out);
	}
	free(widths);
}
