/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the program share. */
#ifndef VFIOMIG_CLI_H
#define VFIOMIG_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <vfiomig.h>

/* What the program says with its exit status. */
enum {
	RC_OK = 0,
	RC_INCOMPATIBLE = 1,
	RC_USAGE = 2,
	RC_ADJUSTABLE = 3,
	RC_UNDECIDED = 4,
	RC_FAMILY = 5,
	RC_PERMISSION = 6,
	RC_NOT_FOUND = 7,
	RC_REFUSED = 8,
	RC_NO_CANDIDATE = 9,
};

struct cli;

/**
 * enum operand - what the words behind a command are
 * @OPERAND_NONE: there are none
 * @OPERAND_DEV: devices
 * @OPERAND_TYPE: types
 * @OPERAND_HANDLE: devices and types
 * @OPERAND_PROFILE: devices, types and profile files
 * @OPERAND_COMMAND: words of a command
 * @OPERAND_LOAD: a device, and what @OPERAND_PROFILE is
 * @OPERAND_MOVE: a device, "netns", and a network namespace
 * @OPERAND_ATTR: a device, and an attribute in words
 * @OPERAND_NAMES: a device, and names of attributes
 * @OPERAND_SCOPE: "all", or "driver" and its name; and what else
 * @OPERAND_SCOPE_ATTR: the same, and an attribute in words
 * @OPERAND_FILES: files
 * @OPERAND_PATIENT: devices, types, and what could be devices
 */
enum operand {
	OPERAND_NONE,
	OPERAND_DEV,
	OPERAND_TYPE,
	OPERAND_HANDLE,
	OPERAND_PROFILE,
	OPERAND_COMMAND,
	OPERAND_LOAD,
	OPERAND_MOVE,
	OPERAND_ATTR,
	OPERAND_NAMES,
	OPERAND_SCOPE,
	OPERAND_SCOPE_ATTR,
	OPERAND_FILES,
	OPERAND_PATIENT,
};

/**
 * struct command - a command
 * @words: its name
 * @synopsis: what may follow
 * @summary: what it does, to follow its name in a list
 * @operand: what its operands are
 * @max: how many it takes at most, -1 if there is no limit
 * @run: does it; returns the exit status, all errors told
 */
struct command {
	const char *words;
	const char *synopsis;
	const char *summary;
	enum operand operand;
	int max;
	int (*run)(struct cli *cli);
};

/**
 * struct keyword - a word that stands in front of a part of an attribute
 * @word: the word
 * @name: the names of what may follow, by their numbers from 1; NULL behind
 *   the last, or if anything may follow
 */
struct keyword {
	const char *word;
	const char *(*name)(uint32_t number);
};

/**
 * enum keyword_place - where in the table a keyword stands
 * @KEYWORD_TYPE: type of the value
 * @KEYWORD_RULE: the rule
 * @KEYWORD_ACCEPT: what the rule one-of accepts
 * @KEYWORD_SEVERITY: the severity
 * @KEYWORD_MISSING: what it means if the other side has none
 * @KEYWORDS: how many there are
 */
enum keyword_place {
	KEYWORD_TYPE,
	KEYWORD_RULE,
	KEYWORD_ACCEPT,
	KEYWORD_SEVERITY,
	KEYWORD_MISSING,
	KEYWORDS,
};

/**
 * struct option_desc - an option
 * @letter: its short form, or a number beyond all characters if it has none
 * @name: its long form
 * @summary: what it does
 * @command: the only command that takes it, NULL if all do
 * @value: what its value is called, NULL if it takes none
 * @choice: the words that its value is made of, by their numbers from 1; NULL
 *   behind the last, or if it can be anything
 */
struct option_desc {
	int letter;
	const char *name;
	const char *summary;
	const char *command;
	const char *value;
	const char *(*choice)(uint32_t number);
};

enum {
	OPTION_NO_COLOR = 256,
	OPTION_SNAPSHOT,
	OPTION_ALL_NETNS,
	OPTION_COUNT,
	OPTION_TIMEOUT,
	OPTION_EVENT,
	OPTION_ATTR,
	OPTION_BUFFER,
	OPTION_REPLACE,
	OPTION_DRY_RUN,
};

#define OPTIONS_MAX 32

/* The tables that help, manual page and completion are made from. */
extern const struct command commands[];
extern const struct option_desc options[];
extern const struct keyword keywords[KEYWORDS];

/**
 * struct cli - one run of the program
 * @lib: the library
 * @command: what is to be done, NULL if that is not known yet
 * @argc: number of operands
 * @argv: operands
 * @in_stdin: the first operand that is "-#HANDLE" and does not follow "--", or
 *   NULL
 * @given: which options were given, by their place in the table
 * @values: the values of those that take one, by the same
 * @json: -j
 * @pretty: -p
 * @verbose: -v
 * @timestamp: -t
 * @help: -h
 * @version: -V
 * @no_color: --no-color
 * @color: whether text is coloured
 * @snapshot: --snapshot
 * @all_netns: --all-netns
 */
struct cli {
	struct vfiomig *lib;
	const struct command *command;
	int argc;
	char **argv;
	const char *in_stdin;
	unsigned int given;
	const char *values[OPTIONS_MAX];
	bool json;
	bool pretty;
	bool verbose;
	bool timestamp;
	bool help;
	bool version;
	bool no_color;
	bool color;
	bool snapshot;
	bool all_netns;
};

/* cli.c */
int cli_main(int argc, char **argv);
unsigned int cli_json_flags(const struct cli *cli);
const char *option_value(const struct cli *cli, int letter);
bool option_given(const struct cli *cli, int letter);
const char *option_name(int letter);

/* commands.c */
const struct command *command_find(int argc, char **argv, int *used);
int command_match(const struct command *command, int argc, char **argv);

/* error.c */
int exit_code(const struct vfiomig_error *error);
int usage_error(const struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int input_error(const struct cli *cli, int errnum, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int permission_error(const struct cli *cli, int errnum, const char *format,
		     ...)
	__attribute__((format(printf, 3, 4)));
int not_found_error(const struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int expired_error(const struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int library_error(const struct cli *cli, const char *culprit);
char *library_message(const struct cli *cli, const char *culprit);
struct json_object *error_json(int code, int errnum, const char *attribute,
			       const char *message);
void say_error(const char *message);
int system_error(const struct cli *cli, int errnum, const char *what);
int flush_output(int code);
_Noreturn void no_memory(void);

/* help.c */
void print_help(FILE *out, int argc, char **argv);
int cmd_help(struct cli *cli);

int netns_open(const struct cli *cli, const char *spec, int *fd);
int netns_enter(const struct cli *cli, const char *spec);

/* show.c */
int show(struct cli *cli, enum vfiomig_kind kind,
	 void (*print_list)(const struct cli *cli,
			    const struct vfiomig_list *list));
struct vfiomig_handle *get_handle(struct cli *cli, const char *text, int *rc);
struct vfiomig_handle *get_handle_of(struct cli *cli, enum vfiomig_kind kind,
				     const char *text, int *rc);
const char *string_attr(const struct vfiomig_object *object, const char *name);

/* print.c */
char *printable(const char *text);
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
FILE *open_text(char **text, size_t *size);
void close_text(FILE *out);
char *value_text(const struct vfiomig_attr *attr, bool verbose);
char *enum_text(const char *name, uint32_t number);
char *accept_text(const struct vfiomig_attr *attr);
char *attr_words(const struct vfiomig_attr *attr);
char *unknown_text(const struct vfiomig_unknown *unknown);
void json_add(struct json_object *object, const char *key,
	      struct json_object *value);
void print_json(const struct cli *cli, struct json_object *json);
int document_written(int err);

/* the commands */
int cmd_status(struct cli *cli);
int cmd_dev_show(struct cli *cli);
int cmd_dev_set(struct cli *cli);
int cmd_attr_set(struct cli *cli);
int cmd_attr_del(struct cli *cli);
int cmd_type_show(struct cli *cli);
int cmd_monitor(struct cli *cli);
int cmd_profile_save(struct cli *cli);
int cmd_profile_load(struct cli *cli);
int cmd_check(struct cli *cli);
int cmd_policy_show(struct cli *cli);
int cmd_policy_set(struct cli *cli);
int cmd_policy_del(struct cli *cli);
int cmd_policy_save(struct cli *cli);
int cmd_policy_load(struct cli *cli);
int cmd_doctor(struct cli *cli);

#endif /* VFIOMIG_CLI_H */
