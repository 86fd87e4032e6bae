// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the manual page or the completion: copies standard input, and puts
 * what the tables of commands and options say where a line asks for it.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

static void man_word(const char *word, size_t len)
{
	/* a dash that is typed is not a hyphen */
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '-')
			putchar('\\');
		putchar(word[i]);
	}
}

/* What is to be typed stands in bold, what stands for something in italics. */
static void man_synopsis(const char *synopsis)
{
	while (*synopsis) {
		size_t len = strcspn(synopsis, "[]. ");

		if (!len) {
			putchar(*synopsis++);
			continue;
		}
		fputs(isupper((unsigned char)*synopsis) ? "\\fI" : "\\fB",
		      stdout);
		man_word(synopsis, len);
		fputs("\\fR", stdout);
		synopsis += len;
	}
}

static void man_command(const struct command *c)
{
	fputs("\\fB", stdout);
	man_word(c->words, strlen(c->words));
	fputs("\\fR", stdout);
	if (*c->synopsis)
		putchar(' ');
	man_synopsis(c->synopsis);
	putchar('\n');
}

static void man_usage(void)
{
	for (const struct command *c = commands; c->words; c++) {
		fputs(".br\n\\fBvfiomig\\fR [\\fIOPTIONS\\fR] ", stdout);
		man_command(c);
	}
}

static void man_commands(void)
{
	for (const struct command *c = commands; c->words; c++) {
		puts(".TP");
		man_command(c);
		printf("%c%s.\n", toupper((unsigned char)*c->summary),
		       c->summary + 1);
	}
}

static void man_options(void)
{
	for (const struct option_desc *o = options; o->letter; o++) {
		puts(".TP");
		if (o->letter < OPTION_NO_COLOR)
			printf("\\fB\\-%c\\fR, ", o->letter);
		fputs("\\fB\\-\\-", stdout);
		man_word(o->name, strlen(o->name));
		fputs("\\fR", stdout);
		if (o->value) {
			putchar(' ');
			man_synopsis(o->value);
		}
		putchar('\n');
		printf("%c%s.\n", toupper((unsigned char)*o->summary),
		       o->summary + 1);
	}
}

static void completion_commands(void)
{
	static const char * const operands[] = {
		[OPERAND_NONE] = "",
		[OPERAND_DEV] = "dev",
		[OPERAND_TYPE] = "type",
		[OPERAND_HANDLE] = "handle",
		[OPERAND_PROFILE] = "profile",
		[OPERAND_COMMAND] = "command",
		[OPERAND_LOAD] = "load",
		[OPERAND_MOVE] = "move",
		[OPERAND_ATTR] = "attr",
		[OPERAND_NAMES] = "names",
		[OPERAND_SCOPE] = "scope",
		[OPERAND_SCOPE_ATTR] = "scope-attr",
		[OPERAND_FILES] = "files",
		[OPERAND_PATIENT] = "patient",
	};

	for (const struct command *c = commands; c->words; c++)
		printf("\t\"%s|%s|%s\"\n", c->words, operands[c->operand],
		       c->max ? "" : "end");
}

static void completion_keywords(void)
{
	for (const struct keyword *k = keywords; k < keywords + KEYWORDS; k++) {
		printf("\t\"%s|", k->word);
		for (uint32_t n = 1; k->name && k->name(n); n++)
			printf("%s%s", n > 1 ? " " : "", k->name(n));
		puts("\"");
	}
}

static void completion_options(void)
{
	for (const struct option_desc *o = options; o->letter; o++) {
		if (o->letter < OPTION_NO_COLOR)
			printf("\t\"-%c|%s|\"\n", o->letter,
			       o->command ? o->command : "");
		printf("\t\"--%s|%s|%s", o->name,
		       o->command ? o->command : "", o->value ? "value" : "");
		for (uint32_t i = 1; o->choice && o->choice(i); i++)
			printf(" %s", o->choice(i));
		puts("\"");
	}
}

/**
 * struct part - something that a line can ask for
 * @line: the line
 * @write: writes what is asked for
 */
static const struct part {
	const char *line;
	void (*write)(void);
} parts[] = {
	{ "@USAGE@\n", man_usage },
	{ "@COMMANDS@\n", man_commands },
	{ "@OPTIONS@\n", man_options },
	{ "@COMPLETION_COMMANDS@\n", completion_commands },
	{ "@COMPLETION_KEYWORDS@\n", completion_keywords },
	{ "@COMPLETION_OPTIONS@\n", completion_options },
	{ NULL }
};

static void copy_line(const char *line)
{
	static const char version[] = "@VERSION@";
	const char *at = strstr(line, version);

	for (const struct part *p = parts; p->line; p++) {
		if (!strcmp(line, p->line)) {
			p->write();
			return;
		}
	}
	if (at)
		printf("%.*s%s%s", (int)(at - line), line, VFIOMIG_VERSION,
		       at + strlen(version));
	else
		fputs(line, stdout);
}

int main(void)
{
	char line[1024];

	while (fgets(line, sizeof(line), stdin))
		copy_line(line);

	return ferror(stdin) || fflush(stdout) ? 1 : 0;
}
