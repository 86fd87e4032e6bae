// SPDX-License-Identifier: GPL-2.0-or-later
/* From what the library tells to what is printed. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cli.h"

char *format(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		no_memory();
	va_end(args);
	return text;
}

char *printable(const char *text)
{
	char *clean = vfiomig_printable(text);

	if (!clean)
		no_memory();
	return clean;
}

/* The name of an enum's value, or its number if it has none. */
char *enum_text(const char *name, uint32_t number)
{
	if (name)
		return format("%s", name);

	return format("%" PRIu32, number);
}

/* Opens a file that is a text, which is there once the file is closed. */
FILE *open_text(char **text, size_t *size)
{
	FILE *out = open_memstream(text, size);

	if (!out)
		no_memory();
	return out;
}

void close_text(FILE *out)
{
	if (fclose(out))
		no_memory();
}

static char *bits_text(const struct vfiomig_attr *attr, bool verbose)
{
	const char *comma = "";
	size_t size;
	char *text;
	FILE *out = open_text(&text, &size);

	for (unsigned int bit = 0; bit < VFIOMIG_BITS; bit++) {
		const char *label;

		if (!vfiomig_attr_bit(attr, bit))
			continue;
		label = vfiomig_attr_label(attr, bit);
		fputs(comma, out);
		comma = ",";
		if (!label)
			fprintf(out, "%u", bit);
		else if (verbose)
			fprintf(out, "%s(%u)", label, bit);
		else
			fputs(label, out);
	}
	if (!*comma)
		fputc('-', out);
	close_text(out);
	return text;
}

static char *u64_text(const struct vfiomig_attr *attr)
{
	/* nobody knows PCI's numbers but in hexadecimal */
	if (!strncmp(attr->name, "pci.", 4))
		return format("0x%04" PRIx64 " (%" PRIu64 ")", attr->u64,
			      attr->u64);

	return format("%" PRIu64, attr->u64);
}

char *value_text(const struct vfiomig_attr *attr, bool verbose)
{
	switch (attr->type) {
	case VFIOMIG_VALUE_BOOL:
		return format("%s", attr->boolean ? "true" : "false");
	case VFIOMIG_VALUE_U64:
		return u64_text(attr);
	case VFIOMIG_VALUE_STRING:
		return format("%s", attr->string);
	case VFIOMIG_VALUE_VERSION:
		return format("%" PRIu32 ".%" PRIu32 ".%" PRIu32,
			      attr->version.major, attr->version.minor,
			      attr->version.patch);
	case VFIOMIG_VALUE_BITS:
		return bits_text(attr, verbose);
	default:
		return format("?");
	}
}

static void print_end(FILE *out, const struct vfiomig_value *value)
{
	switch (value->type) {
	case VFIOMIG_VALUE_U64:
		fprintf(out, "%" PRIu64, value->u64);
		break;
	case VFIOMIG_VALUE_STRING:
		fputs(value->string, out);
		break;
	case VFIOMIG_VALUE_VERSION:
		fprintf(out, "%" PRIu32 ".%" PRIu32 ".%" PRIu32,
			value->version.major, value->version.minor,
			value->version.patch);
		break;
	default:
		break;
	}
}

/* What the rule one-of accepts, as it is written on the command line. */
char *accept_text(const struct vfiomig_attr *attr)
{
	size_t size;
	char *text;
	FILE *out = open_text(&text, &size);

	for (size_t i = 0; i < attr->n_accept; i++) {
		const struct vfiomig_range *range = &attr->accept[i];

		if (i)
			fputc(',', out);
		if (range->value.type) {
			print_end(out, &range->value);
			continue;
		}
		print_end(out, &range->min);
		fputc('-', out);
		print_end(out, &range->max);
	}
	if (!attr->n_accept)
		fputc('-', out);
	close_text(out);
	return text;
}

/* An attribute as one would say it on the command line. */
char *attr_words(const struct vfiomig_attr *attr)
{
	char *rule = enum_text(vfiomig_rule_name(attr->rule), attr->rule);
	char *value, *text, *accept, *severity, *missing;

	if (attr->type) {
		value = value_text(attr, false);
		severity = enum_text(vfiomig_severity_name(attr->severity),
				     attr->severity);
		missing = enum_text(vfiomig_severity_name(attr->missing),
				    attr->missing);
		text = format("%s %s type %s rule %s severity %s missing %s",
			      attr->name, value,
			      vfiomig_value_type_name(attr->type), rule,
			      severity, missing);
		free(value);
		free(severity);
		free(missing);
	} else {
		text = format("%s rule %s", attr->name, rule);
	}
	free(rule);
	if (attr->n_accept) {
		accept = accept_text(attr);
		rule = format("%s accept %s", text, accept);
		free(accept);
		free(text);
		text = rule;
	}
	return text;
}

/* Something that has no name here, by its number and its bytes. */
char *unknown_text(const struct vfiomig_unknown *unknown)
{
	const uint8_t *data = unknown->data;
	size_t size;
	char *text;
	FILE *out = open_text(&text, &size);

	fprintf(out, "%s #%u =", unknown->where, unknown->number);
	for (size_t i = 0; i < unknown->len; i++)
		fprintf(out, " %02x", data[i]);
	close_text(out);
	return text;
}

/* Prints an object on a line of its own, and gives it back. */
void print_json(const struct cli *cli, struct json_object *json)
{
	char *text = json ? vfiomig_json_text(json, cli_json_flags(cli)) : NULL;

	if (!text)
		no_memory();
	puts(text);
	free(text);
	json_object_put(json);
}

/*
 * What became of a document that was written piece by piece. That writing has
 * failed shows, and is told, when the output is flushed.
 */
int document_written(int err)
{
	if (err == -ENOMEM)
		no_memory();

	return RC_OK;
}
