// SPDX-License-Identifier: GPL-2.0-or-later
/* Errors: what is said of them, and with which status the program ends. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cli.h"

int exit_code(const struct vfiomig_error *error)
{
	switch (error->cause) {
	case VFIOMIG_CAUSE_NONE:
		return RC_OK;
	case VFIOMIG_CAUSE_INPUT:
		return RC_USAGE;
	case VFIOMIG_CAUSE_FAMILY:
		return RC_FAMILY;
	case VFIOMIG_CAUSE_PERMISSION:
		return RC_PERMISSION;
	case VFIOMIG_CAUSE_NOT_FOUND:
		return RC_NOT_FOUND;
	default:
		return RC_REFUSED;
	}
}

_Noreturn void no_memory(void)
{
	fputs("vfiomig: out of memory\n", stderr);
	exit(RC_REFUSED);
}

/* What was written must have arrived, or the program has not succeeded. */
int flush_output(int code)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (!fflush(stdout) && !failed)
		return code;

	fprintf(stderr, "vfiomig: cannot write to standard output%s%s\n",
		errno ? ": " : "", errno ? strerror(errno) : "");
	return RC_REFUSED;
}

void json_add(struct json_object *object, const char *key,
	      struct json_object *value)
{
	if (!value || json_object_object_add(object, key, value))
		no_memory();
}

/* {"error": {...}} */
struct json_object *error_json(int code, int errnum, const char *attribute,
			       const char *message)
{
	struct json_object *error = json_object_new_object();
	struct json_object *outer = json_object_new_object();
	const char *name = strerrorname_np(errnum);

	if (!error || !outer)
		no_memory();
	json_add(error, "code", json_object_new_int(code));
	if (errnum && name)
		json_add(error, "errno", json_object_new_string(name));
	json_add(error, "message", vfiomig_string_json(message));
	if (attribute)
		json_add(error, "attribute", vfiomig_string_json(attribute));
	json_add(outer, "error", error);
	return outer;
}

/* In the order in which it happened, also if both outputs are one file. */
void say_error(const char *message)
{
	char *clean = printable(message);

	fflush(stdout);
	fprintf(stderr, "vfiomig: %s\n", clean);
	free(clean);
}

/* Consumes @message. */
static int tell(const struct cli *cli, int code, int errnum,
		const char *attribute, char *message)
{
	if (cli->json)
		print_json(cli, error_json(code, errnum, attribute, message));
	else
		say_error(message);
	free(message);
	return code;
}

static int tell_format(const struct cli *cli, int code, int errnum,
		       const char *fmt, va_list args)
{
	char *message;

	if (vasprintf(&message, fmt, args) < 0)
		no_memory();
	return tell(cli, code, errnum, NULL, message);
}

/* The user has asked for what cannot be. */
int usage_error(const struct cli *cli, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = tell_format(cli, RC_USAGE, EINVAL, fmt, args);
	va_end(args);
	return rc;
}

/* What the user has named cannot be read, and this is why. */
int input_error(const struct cli *cli, int errnum, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = tell_format(cli, RC_USAGE, errnum, fmt, args);
	va_end(args);
	return rc;
}

/* The user may not do what he has asked for. */
int permission_error(const struct cli *cli, int errnum, const char *fmt, ...)
{
	char *message;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&message, fmt, args) < 0)
		no_memory();
	va_end(args);
	return tell(cli, RC_PERMISSION, errnum, NULL, message);
}

/* A file does not hold what the user has asked for. */
int not_found_error(const struct cli *cli, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = tell_format(cli, RC_NOT_FOUND, ENODEV, fmt, args);
	va_end(args);
	return rc;
}

/* What was waited for did not come. */
int expired_error(const struct cli *cli, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = tell_format(cli, RC_NOT_FOUND, ETIME, fmt, args);
	va_end(args);
	return rc;
}

/* The kernel's own words and the attribute it points at, if there are any. */
static char *details(const struct vfiomig_error *error)
{
	const char *missing = error->attribute_missing ? "missing " : "";

	if (error->kernel && error->attribute)
		return format(" (kernel: \"%s\", %sattribute %s)",
			      error->kernel, missing, error->attribute);
	if (error->kernel)
		return format(" (kernel: \"%s\")", error->kernel);
	if (error->attribute)
		return format(" (%sattribute %s)", missing, error->attribute);
	return format("%s", "");
}

/*
 * What the library has failed in. @culprit is the operand that it failed with,
 * if it was one.
 */
char *library_message(const struct cli *cli, const char *culprit)
{
	const struct vfiomig_error *e = vfiomig_last_error(cli->lib);
	char *more = details(e);
	char *message;

	message = format("%s%s%s: %s%s", cli->command->words,
			 culprit ? " " : "", culprit ? culprit : "",
			 e->message, more);
	free(more);
	return message;
}

int library_error(const struct cli *cli, const char *culprit)
{
	const struct vfiomig_error *e = vfiomig_last_error(cli->lib);

	return tell(cli, exit_code(e), e->errnum, e->attribute,
		    library_message(cli, culprit));
}

/* The program itself could not do something. */
int system_error(const struct cli *cli, int errnum, const char *what)
{
	return tell(cli, RC_REFUSED, errnum, NULL,
		    format("%s: %s: %s", cli->command->words, what,
			   strerror(errnum)));
}
