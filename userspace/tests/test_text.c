// SPDX-License-Identifier: GPL-2.0-or-later
/* Handles, text, times and tables. */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "table.h"

static struct vfiomig *ctx;

static int setup(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C.UTF-8");
	ctx = vfiomig_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vfiomig_free(ctx);
	return 0;
}

static void good_handle(const char *text, const char *bus, const char *parent,
			const char *name)
{
	struct vfiomig_handle *h;

	assert_int_equal(vfiomig_handle_parse(ctx, text, &h), 0);
	assert_string_equal(h->bus, bus);
	if (parent)
		assert_string_equal(h->parent, parent);
	else
		assert_null(h->parent);
	assert_string_equal(h->name, name);
	vfiomig_handle_free(h);
}

static void bad_handle(const char *text, const char *why)
{
	struct vfiomig_handle *h;

	assert_int_equal(vfiomig_handle_parse(ctx, text, &h), -EINVAL);
	assert_int_equal(vfiomig_last_error(ctx)->cause, VFIOMIG_CAUSE_INPUT);
	assert_non_null(strstr(vfiomig_last_error(ctx)->message, why));
}

/* "/" and so many times "x" behind @bus. */
static char *long_handle(const char *bus, int n)
{
	char *text = calloc(1, strlen(bus) + n + 4);

	strcpy(text, bus);
	strcat(text, "/");
	memset(text + strlen(bus) + 1, 'x', n);
	text[strlen(bus) + 1 + n] = '\0';
	return text;
}

static void test_handles(void **state)
{
	char *text;

	(void)state;
	good_handle("pci/0000:05:00.1", "pci", NULL, "0000:05:00.1");
	good_handle("mdev/0000:00:02.0/GVTg_V5_4", "mdev", "0000:00:02.0",
		    "GVTg_V5_4");
	good_handle("x/\x01 \xff#%", "x", NULL, "\x01 \xff#%");
	bad_handle("", "not a handle");
	bad_handle("0000:05:00.1", "BUS/NAME");
	bad_handle("a/b/c/d", "BUS/NAME");
	bad_handle("/x", "part 1");
	bad_handle("pci/", "part 2");
	bad_handle("mdev//x", "part 2");
	bad_handle("mdev/x/", "part 3");
	bad_handle("//", "part 1");

	text = long_handle("pci", 255);
	good_handle(text, "pci", NULL, text + 4);
	free(text);
	text = long_handle("pci", 256);
	bad_handle(text, "255 bytes");
	free(text);
	text = long_handle("", 64);
	text[65] = '/';
	bad_handle(text + 1, "63 bytes");
	free(text);
}

static void printed(const char *text, const char *expected)
{
	char *copy = vfiomig_printable(text);

	assert_string_equal(copy, expected);
	free(copy);
}

static void test_printable(void **state)
{
	(void)state;
	printed("", "");
	printed("plain \\ text", "plain \\ text");
	printed("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
		"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
	printed("\x1b[31m\a\n\x7f", "\\x1b[31m\\x07\\x0a\\x7f");
	printed("\xc2\x9bm", "\\xc2\\x9bm");
	/* not UTF-8: alone, cut off, too long, a surrogate, too large */
	printed("\xff\x80", "\\xff\\x80");
	printed("\xe2\x82", "\\xe2\\x82");
	printed("\xc0\x80\xe0\x80\x80", "\\xc0\\x80\\xe0\\x80\\x80");
	printed("\xed\xa0\x80", "\\xed\\xa0\\x80");
	printed("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
}

static void test_clean_value(void **state)
{
	char text[400];

	(void)state;
	strcpy(text, "a\tb\xffz\xc3\xbc");
	vmig_clean_value(text);
	assert_string_equal(text, "a?b?z\xc3\xbc");

	memset(text, 'x', sizeof(text));
	text[399] = '\0';
	vmig_clean_value(text);
	assert_int_equal(strlen(text), 255);

	/* no half of a character is left */
	memset(text, 'x', sizeof(text));
	strcpy(text + 254, "\xc3\xbc");
	vmig_clean_value(text);
	assert_int_equal(strlen(text), 254);
}

static void test_times(void **state)
{
	struct timespec time = { .tv_sec = 1598400000, .tv_nsec = 1234999 };
	char text[VFIOMIG_TIME_LEN];

	(void)state;
	assert_string_equal(vfiomig_time_text(&time, false, text),
			    "2020-08-26T00:00:00Z");
	assert_string_equal(vfiomig_time_text(&time, true, text),
			    "2020-08-26T00:00:00.001234Z");
}

static char *print(struct table *table, bool color)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	table_print(table, out, color);
	fclose(out);
	table_free(table);
	return text;
}

static void test_table(void **state)
{
	static const char * const headers[] = { "NAME", "VALUE", "LAST" };
	struct table *table = table_new(3, headers);
	char *text;

	(void)state;
	/* two columns wide, one, and none */
	table_add(table, COLOR_NONE, "\xe6\xbc\xa2\xe5\xad\x97");
	table_add(table, COLOR_NONE, "gr\xc3\xbc\xc3\x9ft");
	table_add(table, COLOR_NONE, "1");
	table_add(table, COLOR_NONE, "e\xcc\x81");
	table_add(table, COLOR_NONE, "\x1b[2J");
	table_string(table, NULL);
	text = print(table, false);
	assert_string_equal(text,
			    "NAME  VALUE    LAST\n"
			    "\xe6\xbc\xa2\xe5\xad\x97  gr\xc3\xbc\xc3\x9ft    1\n"
			    "e\xcc\x81     \\x1b[2J  -\n");
	free(text);
}

static void test_table_in_color(void **state)
{
	static const char * const headers[] = { "A", "B" };
	struct table *table = table_new(2, headers);
	char *text;

	(void)state;
	table_add(table, COLOR_GOOD, "yes");
	table_add(table, COLOR_NONE, "x");
	text = print(table, true);
	/* colour takes no room */
	assert_string_equal(text,
			    "\033[1mA\033[0m    \033[1mB\033[0m\n"
			    "\033[32myes\033[0m  x\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_clean_value),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_in_color),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
