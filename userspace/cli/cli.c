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

/* What getopt_long() calls a word that is no option. */
#define OPERAND 1

unsigned int cli_json_flags(const struct cli *cli)
{
	return cli->pretty ? VFIOMIG_JSON_PRETTY : 0;
}

static const struct option_desc *option_find(int letter)
{
	const struct option_desc *o = options;

	while (o->letter != letter)
		o++;
	return o;
}

const char *option_name(int letter)
{
	return option_find(letter)->name;
}

/* What stands behind the option; NULL if it was not given. */
const char *option_value(const struct cli *cli, int letter)
{
	return cli->values[option_find(letter) - options];
}

bool option_given(const struct cli *cli, int letter)
{
	return cli->given & 1u << (option_find(letter) - options);
}

/* Returns what is wrong, or NULL. */
static char *set_value(struct cli *cli, const struct option_desc *o)
{
	const char **value = &cli->values[o - options];

	if (*value)
		return format("option --%s is given twice", o->name);
	*value = optarg;
	return NULL;
}

static char *set_option(struct cli *cli, int letter)
{
	const struct option_desc *o = option_find(letter);

	cli->given |= 1u << (o - options);
	if (o->value)
		return set_value(cli, o);

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
	case OPTION_ALL_NETNS:
		cli->all_netns = true;
		break;
	}
	return NULL;
}

/* The table of options in the form that getopt_long() takes. */
static void make_options(struct option longs[OPTIONS_MAX],
			 char shorts[OPTIONS_MAX])
{
	int n = 0;

	/* operands are told, too; a value that is missing is told apart */
	shorts = stpcpy(shorts, "-:#::");
	for (const struct option_desc *o = options; o->letter; o++) {
		longs[n].name = o->name;
		longs[n].val = o->letter;
		longs[n].has_arg = !!o->value;
		n++;
		if (o->letter >= OPTION_NO_COLOR)
			continue;
		*shorts++ = o->letter;
		if (o->value)
			*shorts++ = ':';
	}
	*shorts = '\0';
}

/*
 * What getopt_long() has just found wrong: a letter that is no option, or a
 * word. It also gives the letter of a long option that takes no value and was
 * given one.
 */
static char *wrong_option(const char *shorts, const char *word)
{
	if (!optopt || optopt >= OPTION_NO_COLOR || strchr(shorts, optopt))
		return format("bad option %s", word);

	return format("bad option -%c", optopt);
}

static char *missing_value(void)
{
	const struct option_desc *o = option_find(optopt);

	return format("option --%s needs a value: %s", o->name, o->value);
}

/*
 * Takes in one word of those that getopt_long() tells in their order. The
 * operands are moved to the front of argv. "-#HANDLE", something on standard
 * input, is an operand though it begins with a dash. Returns what is wrong, or
 * NULL.
 */
static char *read_word(struct cli *cli, int c, const char *shorts,
		       char **argv)
{
	char *word = argv[optind - 1];

	switch (c) {
	case OPERAND:
		argv[cli->argc++] = optarg;
		return NULL;
	case '#':
		if (strncmp(word, "-#", 2))
			return format("bad option -#");
		if (!cli->in_stdin)
			cli->in_stdin = word;
		argv[cli->argc++] = word;
		return NULL;
	case '?':
		return wrong_option(shorts, word);
	case ':':
		return missing_value();
	default:
		return set_option(cli, c);
	}
}

/*
 * Options may stand anywhere. All are read even if one is wrong, for only
 * then is it known in which form the error is wanted. Returns what is wrong
 * with the first one that is, or NULL.
 */
static char *read_options(struct cli *cli, int argc, char **argv)
{
	struct option longs[OPTIONS_MAX] = { { 0 } };
	char shorts[OPTIONS_MAX];
	char *first = NULL;
	int c;

	make_options(longs, shorts);
	opterr = 0;
	optind = 0;
	cli->argv = argv;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) >= 0) {
		char *wrong = read_word(cli, c, shorts, argv);

		if (first)
			free(wrong);
		else
			first = wrong;
	}
	/* what stands behind "--" */
	while (optind < argc)
		argv[cli->argc++] = argv[optind++];
	return first;
}

/* Only where a profile may be named does "-#HANDLE" mean anything. */
static bool takes_stdin(const struct command *command)
{
	return command->operand == OPERAND_PROFILE ||
	       command->operand == OPERAND_LOAD;
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

	if (cli->in_stdin && !takes_stdin(cli->command))
		return usage_error(cli,
				   "%s: bad option %s (see: vfiomig help %s)",
				   cli->command->words, cli->in_stdin,
				   cli->command->words);
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

	if (option_value(cli, 'n')) {
		rc = netns_enter(cli, option_value(cli, 'n'));
		if (rc != RC_OK)
			return rc;
	}

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
	char *wrong = read_options(cli, argc, argv);
	int used, rc;

	if (wrong) {
		rc = usage_error(cli, "%s (see: vfiomig help)", wrong);
		free(wrong);
		return rc;
	}
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
