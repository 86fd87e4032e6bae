// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands and options. Help, the manual page and the completion are made
 * from these tables, so that they cannot say anything else.
 */
#include <string.h>

#include "cli.h"

const struct command commands[] = {
	{
		"status", "",
		"show the state of this network namespace",
		OPERAND_NONE, 0, cmd_status
	},
	{
		"dev show", "[DEV]",
		"list the devices, or show all attributes of one",
		OPERAND_DEV, 1, cmd_dev_show
	},
	{
		"dev set", "DEV netns { NAME | PID | PATH }",
		"move a device to another network namespace",
		OPERAND_MOVE, 3, cmd_dev_set
	},
	{
		"dev attr set",
		"DEV NAME [VALUE] [type T] [rule R] [accept LIST] [severity S] [missing M]",
		"say of a device what it is and accepts, or what is enough",
		OPERAND_ATTR, -1, cmd_attr_set
	},
	{
		"dev attr del", "DEV NAME...",
		"take back what was said of a device",
		OPERAND_NAMES, -1, cmd_attr_del
	},
	{
		"type show", "[TYPE]",
		"list the types, or show all attributes of one",
		OPERAND_TYPE, 1, cmd_type_show
	},
	{
		"check", "SOURCE [TARGET...]",
		"tell whether these, or any here, can take over a source",
		OPERAND_PROFILE, -1, cmd_check
	},
	{
		"monitor",
		"[--snapshot] [--all-netns] [--timestamp] [--count N] [--timeout SECONDS] [--event EVENT,...] [--attr GLOB,...] [--buffer BYTES] [HANDLE-GLOB...]",
		"tell when devices and types come, go and change",
		OPERAND_HANDLE, -1, cmd_monitor
	},
	{
		"profile save", "[HANDLE...]",
		"write a profile document of these, or of everything",
		OPERAND_HANDLE, -1, cmd_profile_save
	},
	{
		"profile load", "DEV SOURCE",
		"say of a device what is said of a source, and nothing else",
		OPERAND_LOAD, 2, cmd_profile_load
	},
	{
		"policy show", "[ all | driver NAME ]",
		"show what is said of drivers, and of all",
		OPERAND_SCOPE, 2, cmd_policy_show
	},
	{
		"policy set",
		"{ all | driver NAME } ATTR [VALUE] [type T] [rule R] [accept LIST] [severity S] [missing M]",
		"say of all, or a driver's, what they are and accept, or what is enough",
		OPERAND_SCOPE_ATTR, -1, cmd_policy_set
	},
	{
		"policy del", "{ all | driver NAME } ATTR...",
		"take back what was said of a driver, or of all",
		OPERAND_SCOPE, -1, cmd_policy_del
	},
	{
		"policy save", "",
		"write a policy document of all that is said",
		OPERAND_NONE, 0, cmd_policy_save
	},
	{
		"policy load", "FILE... [--replace] [--dry-run]",
		"say all that these policy documents say, or nothing",
		OPERAND_FILES, -1, cmd_policy_load
	},
	{
		"doctor", "[DEV | BDF | TYPE]",
		"tell what stands between devices and a live migration",
		OPERAND_PATIENT, 1, cmd_doctor
	},
	{
		"help", "[COMMAND]",
		"explain all commands, or this one",
		OPERAND_COMMAND, -1, cmd_help
	},
	{ NULL }
};

static const char *event_name(uint32_t number)
{
	return vfiomig_event_name(number);
}

const struct option_desc options[] = {
	{ 'j', "json", "print JSON, errors too" },
	{ 'p', "pretty", "with -j: print it on several lines, indented" },
	{ 'v', "verbose", "print more details" },
	{ 't', "timestamp", "print the time of each event", "monitor" },
	{
		'n', "netns", "work in a network namespace: name, pid, path",
		NULL, "NETNS"
	},
	{
		OPTION_SNAPSHOT, "snapshot", "begin with what is there already",
		"monitor"
	},
	{
		OPTION_ALL_NETNS, "all-netns",
		"watch all network namespaces that have a number here",
		"monitor"
	},
	{
		OPTION_COUNT, "count", "end after so many records",
		"monitor", "N"
	},
	{
		OPTION_TIMEOUT, "timeout", "end after so many seconds",
		"monitor", "SECONDS"
	},
	{
		OPTION_EVENT, "event", "only events of these kinds",
		"monitor", "EVENT,...", event_name
	},
	{
		OPTION_ATTR, "attr", "only what these attributes are in",
		"monitor", "GLOB,..."
	},
	{
		OPTION_BUFFER, "buffer", "size of the receive buffer",
		"monitor", "BYTES"
	},
	{
		OPTION_REPLACE, "replace", "say nothing else any more",
		"policy load"
	},
	{
		OPTION_DRY_RUN, "dry-run", "only tell what would change",
		"policy load"
	},
	{ OPTION_NO_COLOR, "no-color", "never print in colour" },
	{ 'V', "version", "print the version" },
	{ 'h', "help", "explain the command" },
	{ 0 }
};

static const char *type_name(uint32_t number)
{
	return number > VFIOMIG_VALUE_BITS ? NULL :
					     vfiomig_value_type_name(number);
}

const struct keyword keywords[KEYWORDS] = {
	[KEYWORD_TYPE] = { "type", type_name },
	[KEYWORD_RULE] = { "rule", vfiomig_rule_name },
	[KEYWORD_ACCEPT] = { "accept" },
	[KEYWORD_SEVERITY] = { "severity", vfiomig_severity_name },
	[KEYWORD_MISSING] = { "missing", vfiomig_severity_name },
};

/* How long is the word that @text begins with? */
static size_t word_len(const char *text)
{
	return strcspn(text, " ");
}

/* How many words, from the first on, are the same in argv and the command? */
int command_match(const struct command *command, int argc, char **argv)
{
	const char *words = command->words;
	int matched = 0;

	while (*words && matched < argc) {
		size_t len = word_len(words);

		if (strlen(argv[matched]) != len ||
		    strncmp(argv[matched], words, len))
			break;
		matched++;
		words += len;
		words += *words == ' ';
	}
	return matched;
}

static int word_count(const char *words)
{
	int n = 1;

	while ((words = strchr(words, ' '))) {
		words++;
		n++;
	}
	return n;
}

/*
 * The command that argv begins with, or NULL. @used is how many words it
 * takes; without a command how many are the beginning of one.
 */
const struct command *command_find(int argc, char **argv, int *used)
{
	*used = 0;
	for (const struct command *c = commands; c->words; c++) {
		int matched = command_match(c, argc, argv);

		if (matched == word_count(c->words)) {
			*used = matched;
			return c;
		}
		if (matched > *used)
			*used = matched;
	}
	return NULL;
}
