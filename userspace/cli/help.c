// SPDX-License-Identifier: GPL-2.0-or-later
/* Help, made from the table of commands. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* Whether the command is one that the words ask about. */
static bool is_meant(const struct command *command, int argc, char **argv)
{
	return command_match(command, argc, argv) == argc;
}

static void print_synopsis(FILE *out)
{
	const char *before = "";
	size_t before_len = 0;

	fputs("Usage: vfiomig [OPTIONS] {", out);
	for (const struct command *c = commands; c->words; c++) {
		size_t len = strcspn(c->words, " ");

		/* commands of one object stand together */
		if (len == before_len && !strncmp(c->words, before, len))
			continue;
		fprintf(out, "%s %.*s", *before ? " |" : "", (int)len,
			c->words);
		before = c->words;
		before_len = len;
	}
	fputs(" } ...\n", out);
}

static void print_commands(FILE *out, int argc, char **argv)
{
	for (const struct command *c = commands; c->words; c++) {
		int width = 28;

		if (!is_meant(c, argc, argv))
			continue;
		width -= fprintf(out, "  %s%s%s", c->words,
				 *c->synopsis ? " " : "", c->synopsis);
		/* a long one has the line for itself */
		if (width < 1)
			width = fprintf(out, "\n") + 29;
		fprintf(out, "%*s%s\n", width, "", c->summary);
	}
}

static bool is_taken(const struct option_desc *option, int argc, char **argv)
{
	if (!option->command)
		return true;
	for (const struct command *c = commands; c->words; c++)
		if (!strcmp(c->words, option->command) &&
		    is_meant(c, argc, argv))
			return true;

	return false;
}

static void print_options(FILE *out, int argc, char **argv)
{
	for (const struct option_desc *o = options; o->letter; o++) {
		int width = 22;

		if (!is_taken(o, argc, argv))
			continue;
		if (o->letter < OPTION_NO_COLOR)
			fprintf(out, "  -%c, ", o->letter);
		else
			fputs("      ", out);
		width -= fprintf(out, "--%s%s%s", o->name, o->value ? " " : "",
				 o->value ? o->value : "");
		fprintf(out, "%*s%s\n", width, "", o->summary);
	}
}

/*
 * Explains the commands that begin with these words; all without words.
 */
void print_help(FILE *out, int argc, char **argv)
{
	print_synopsis(out);
	fputs("\nCommands:\n", out);
	print_commands(out, argc, argv);
	fputs("\nOptions:\n", out);
	print_options(out, argc, argv);
	fputs("\n"
	      "DEV is BUS/NAME, as pci/0000:05:00.1.\n"
	      "TYPE is BUS/PARENT/TYPE, as mdev/0000:00:02.0/i915-GVTg_V5_4.\n"
	      "BDF is a PCI address, as 0000:05:00.1 or 05:00.1.\n"
	      "HANDLE is one of them; in HANDLE-GLOB, and in GLOB, * ? and [...]\n"
	      "stand for what they stand for in a shell.\n"
	      "SOURCE and TARGET are a HANDLE, a profile FILE, or FILE#HANDLE.\n"
	      "FILE begins with / or . or ends in .json, or is - for standard\n"
	      "input. LIST is 1-4,8 or 2.0.2-2.0.4,2.1.0- or a,b. See vfiomig(8).\n",
	      out);
}

static int no_such_command(const struct cli *cli)
{
	char *words = format("%s", cli->argv[0]);
	int rc;

	for (int i = 1; i < cli->argc; i++) {
		char *longer = format("%s %s", words, cli->argv[i]);

		free(words);
		words = longer;
	}
	rc = usage_error(cli, "help: there is no command \"%s\"", words);
	free(words);
	return rc;
}

int cmd_help(struct cli *cli)
{
	for (const struct command *c = commands; c->words; c++) {
		if (is_meant(c, cli->argc, cli->argv)) {
			print_help(stdout, cli->argc, cli->argv);
			return RC_OK;
		}
	}
	return no_such_command(cli);
}
