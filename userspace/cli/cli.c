// SPDX-License-Identifier: GPL-2.0-or-later
/* From the command line to a command. */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define MAX_OPTIONS 32

unsigned int cli_json_flags(const struct cli *cli)
{
	return cli->pretty ? VFIOMIG_JSON_PRETTY : 0;
}

static void set_option(struct cli *cli, int letter)
{
	for (const struct option_desc *o = options; o->letter; o++)
		if (o->letter == letter)
			cli->given |= 1u << (o - options);

	switch (letter) {
	case 'j':
		cli->json = true;
		break;
	case 'p':
		cli->pretty = true;
		break;
	case 'v':
		cli->verbose = true;
		break;
	case 't':
		cli->timestamp = true;
		break;
	case 'h':
		cli->help = true;
		break;
	case 'V':
		cli->version = true;
		break;
	case OPTION_NO_COLOR:
		cli->no_color = true;
		break;
	case OPTION_SNAPSHOT:
		cli->snapshot = true;
		break;
	}
}

/* The table of options in the form that getopt_long() takes. */
static void make_options(struct option longs[MAX_OPTIONS],
			 char shorts[MAX_OPTIONS])
{
	int n = 0;

	for (const struct option_desc *o = options; o->letter; o++) {
		longs[n].name = o->name;
		longs[n].val = o->letter;
		n++;
		if (o->letter < OPTION_NO_COLOR)
			*shorts++ = o->letter;
	}
	*shorts = '\0';
}

/*
 * What getopt_long() has just found wrong: a letter that is no option, or a
 * word. It also gives the letter of a long option that takes no value and was
 * given one.
 */
static const char *wrong_option(const char *shorts, const char *word)
{
	static char letter[3];

	if (!optopt || optopt >= OPTION_NO_COLOR || strchr(shorts, optopt))
		return word;

	snprintf(letter, sizeof(letter), "-%c", optopt);
	return letter;
}

/*
 * "-#HANDLE", something on standard input, is no option: without its dash
 * getopt_long() takes it for what it is.
 */
static void hide_stdin(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strncmp(argv[i], "-#", 2))
			argv[i]++;
}

/*
 * Options may stand anywhere. All are read even if one is wrong, for only
 * then is it known in which form the error is wanted. Returns the wrong one.
 */
static const char *read_options(struct cli *cli, int argc, char **argv)
{
	struct option longs[MAX_OPTIONS] = { { 0 } };
	const char *wrong = NULL;
	char shorts[MAX_OPTIONS];
	int c;

	make_options(longs, shorts);
	hide_stdin(argc, argv);
	opterr = 0;
	optind = 0;
	for (;;) {
		c = getopt_long(argc, argv, shorts, longs, NULL);
		if (c < 0)
			break;
		if (c != '?')
			set_option(cli, c);
		else if (!wrong)
			wrong = wrong_option(shorts, argv[optind - 1]);
	}
	cli->argc = argc - optind;
	cli->argv = argv + optind;
	return wrong;
}

/* The option that was given, though it is another command's; or NULL. */
static const struct option_desc *misplaced_option(const struct cli *cli)
{
	for (const struct option_desc *o = options; o->letter; o++)
		if (cli->given & 1u << (o - options) && o->command &&
		    strcmp(o->command, cli->command->words))
			return o;

	return NULL;
}

static int no_such_command(const struct cli *cli, int known)
{
	if (!cli->argc)
		return usage_error(cli, "no command given (see: vfiomig help)");
	if (known == cli->argc)
		return usage_error(cli,
				   "%s: command incomplete (see: vfiomig help %s)",
				   cli->argv[0], cli->argv[0]);
	if (known)
		return usage_error(cli,
				   "%s: unknown command \"%s\" (see: vfiomig help %s)",
				   cli->argv[0], cli->argv[known],
				   cli->argv[0]);
	return usage_error(cli, "unknown command \"%s\" (see: vfiomig help)",
			   cli->argv[0]);
}

static int run_command(struct cli *cli)
{
	const struct option_desc *wrong;
	int rc;

	if (cli->command->max >= 0 && cli->argc > cli->command->max)
		return usage_error(cli,
				   "%s: unexpected \"%s\" (see: vfiomig help %s)",
				   cli->command->words,
				   cli->argv[cli->command->max],
				   cli->command->words);
	wrong = misplaced_option(cli);
	if (wrong)
		return usage_error(cli,
				   "%s: does not take --%s (see: vfiomig help %s)",
				   cli->command->words, wrong->name,
				   cli->command->words);

	cli->lib = vfiomig_new();
	if (!cli->lib)
		no_memory();
	rc = cli->command->run(cli);
	vfiomig_free(cli->lib);
	return rc;
}

static bool want_color(const struct cli *cli)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (cli->no_color || (no && *no) || (term && !strcmp(term, "dumb")))
		return false;

	return isatty(STDOUT_FILENO);
}

static int run(struct cli *cli, int argc, char **argv)
{
	const char *wrong = read_options(cli, argc, argv);
	int used;

	if (wrong)
		return usage_error(cli, "bad option %s (see: vfiomig help)",
				   wrong);
	if (cli->version) {
		printf("vfiomig %s\n", vfiomig_version());
		return RC_OK;
	}

	cli->color = want_color(cli);
	cli->command = command_find(cli->argc, cli->argv, &used);
	if (cli->help && (cli->command || used == cli->argc)) {
		print_help(stdout, used, cli->argv);
		return RC_OK;
	}
	if (!cli->command)
		return no_such_command(cli, used);

	cli->argc -= used;
	cli->argv += used;
	return run_command(cli);
}

int cli_main(int argc, char **argv)
{
	struct cli cli = { .lib = NULL };

	/* what the kernel tells is UTF-8, wherever the user lives */
	setlocale(LC_CTYPE, "C.UTF-8");
	/* a reader that goes away is an error of writing like any other */
	signal(SIGPIPE, SIG_IGN);

	return flush_output(run(&cli, argc, argv));
}
