// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig check: what is told of it, and the exit status. */
#include <inttypes.h>
#include <linux/vfio_mig.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <json-c/json.h>

#include "check.h"
#include "cli.h"
#include "hints.h"
#include "table.h"

/* Columns that a value takes at most, unless all is wanted. */
#define VALUE_WIDTH 32

static bool is_out(const struct vfiomig_result *r)
{
	return r->in_use || (r->has_available && !r->available);
}

static int verdict_code(uint32_t verdict)
{
	switch (verdict) {
	case VFIO_MIG_VERDICT_COMPATIBLE:
		return RC_OK;
	case VFIO_MIG_VERDICT_ADJUSTABLE:
		return RC_ADJUSTABLE;
	case VFIO_MIG_VERDICT_INCOMPATIBLE:
		return RC_INCOMPATIBLE;
	default:
		/* nothing that is not known is ever compatible */
		return RC_UNDECIDED;
	}
}

/*
 * That of the best verdict, unless something that was named could not be
 * judged. What cannot be had counts only where it was named.
 */
int answer_code(const struct answer *answer)
{
	uint32_t best = 0;

	for (size_t i = 0; i < answer->n; i++) {
		const struct vfiomig_result *r = answer->targets[i].result;

		if (!r)
			return answer->targets[i].code;
		if (is_out(r) && !answer->named)
			continue;
		if (!best || r->verdict < best)
			best = r->verdict;
	}
	return best ? verdict_code(best) : RC_NO_CANDIDATE;
}

/* ----------------------------------------------------------------- JSON */

static struct json_object *target_json(size_t index, void *arg)
{
	const struct answer *answer = arg;
	const struct target *t = &answer->targets[index];
	struct json_object *name, *json, *error;

	if (t->result) {
		json = vfiomig_result_json(t->result);
		if (!json)
			no_memory();
		json_add(json, "hints",
			 hints_json(hints_of(answer->source), t->hints));
		return json;
	}

	json = json_object_new_object();
	name = vfiomig_string_json(t->name);
	error = error_json(t->code, t->errnum, t->attribute, t->message);
	if (!json || !name || json_object_object_add(json, "target", name))
		no_memory();
	json_object_object_foreach(error, key, value)
		if (json_object_object_add(json, key, json_object_get(value)))
			no_memory();
	json_object_put(error);
	return json;
}

/* ----------------------------------------------------------------- text */

static enum color verdict_color(uint32_t verdict)
{
	switch (verdict) {
	case VFIO_MIG_VERDICT_COMPATIBLE:
		return COLOR_GOOD;
	case VFIO_MIG_VERDICT_INCOMPATIBLE:
		return COLOR_BAD;
	default:
		return COLOR_WARN;
	}
}

static enum color severity_color(uint32_t severity)
{
	switch (severity) {
	case VFIO_MIG_SEVERITY_FAIL:
		return COLOR_BAD;
	case VFIO_MIG_SEVERITY_INFO:
		return COLOR_DIM;
	default:
		return COLOR_WARN;
	}
}

/* Cut off, with a mark, behind so many characters. Consumes @text. */
static char *shorten(char *text, size_t width)
{
	mbstate_t state = { 0 };
	size_t n = 0, len;
	char *cut = text, *end = text, *shorter;

	while (*end) {
		len = mbrtowc(NULL, end, strlen(end), &state);
		if (!len || len > strlen(end))
			len = 1;
		end += len;
		if (++n == width - 1)
			cut = end;
	}
	if (n <= width)
		return text;
	shorter = format("%.*s\xe2\x80\xa6", (int)(cut - text), text);
	free(text);
	return shorter;
}

/* A value of a finding, with the names that the source gives to bits. */
static char *finding_value(const struct cli *cli, const struct answer *answer,
			   const struct vfiomig_finding *f,
			   const struct vfiomig_value *value)
{
	const struct vfiomig_attr *named;
	struct vfiomig_attr attr = { .name = f->attr };
	char *text;

	attr.value = *value;
	named = vfiomig_object_find(answer->source, f->attr);
	if (named) {
		attr.n_labels = named->n_labels;
		attr.labels = named->labels;
	}
	text = value_text(&attr, cli->verbose);
	return cli->verbose ? text : shorten(text, VALUE_WIDTH);
}

static char *source_says(const struct cli *cli, const struct answer *answer,
			 const struct vfiomig_finding *f)
{
	if (f->kind == VFIO_MIG_FINDING_KIND_MISSING_ON_SOURCE)
		return format("nothing");

	return finding_value(cli, answer, f, &f->source);
}

static char *target_accepts(const struct cli *cli, const struct answer *answer,
			    const struct vfiomig_finding *f)
{
	const char *words = "%s";
	char *value, *text;

	if (f->kind == VFIO_MIG_FINDING_KIND_MISSING_ON_TARGET)
		return format("is not known there");

	switch (f->rule) {
	case 0:
		return format("what is not known here");
	case VFIO_MIG_RULE_NONE:
		/* the two of which everybody wants to know */
		if (!strcmp(f->attr, "declared"))
			return format("what nobody has declared");
		if (!strcmp(f->attr, "migratable"))
			return format("no migration");
		return format("no value");
	case VFIO_MIG_RULE_ONE_OF:
		words = "%s, or as listed";
		break;
	case VFIO_MIG_RULE_SEMVER:
		if (f->target.type == VFIOMIG_VALUE_VERSION)
			return format("%" PRIu32 ".0 to %" PRIu32 ".%" PRIu32,
				      f->target.version.major,
				      f->target.version.major,
				      f->target.version.minor);
		break;
	case VFIO_MIG_RULE_SUPERSET:
		words = "some of %s";
		break;
	case VFIO_MIG_RULE_AT_LEAST:
		words = "up to %s";
		break;
	}
	value = finding_value(cli, answer, f, &f->target);
	text = format(words, value);
	free(value);
	return text;
}

static char *what_to_do(const struct cli *cli, const struct answer *answer,
			const struct vfiomig_finding *f)
{
	char *value, *text;

	if (f->kind == VFIO_MIG_FINDING_KIND_SETTABLE) {
		value = finding_value(cli, answer, f, &f->set);
		text = format("set it to %s", value);
		free(value);
		return text;
	}
	switch (f->severity) {
	case VFIO_MIG_SEVERITY_INFO:
		return format("nothing");
	case VFIO_MIG_SEVERITY_FAIL:
		return format("take another target");
	default:
		return format("try it: only that will tell");
	}
}

static void add_finding(const struct cli *cli, struct table *table,
			const struct answer *answer,
			const struct vfiomig_finding *f)
{
	const char *severity = vfiomig_severity_name(f->severity);

	table_add(table, COLOR_NONE, f->attr);
	table_take(table, COLOR_NONE,
		   enum_text(vfiomig_finding_kind_name(f->kind), f->kind));
	if (f->severity)
		table_take(table, severity_color(f->severity),
			   enum_text(severity, f->severity));
	else
		table_add(table, COLOR_DIM, "-");
	table_take(table, COLOR_NONE, source_says(cli, answer, f));
	table_take(table, COLOR_NONE, target_accepts(cli, answer, f));
	table_take(table, COLOR_NONE, what_to_do(cli, answer, f));
}

static void print_findings(const struct cli *cli, const struct answer *answer,
			   const struct vfiomig_result *r)
{
	static const char * const headers[] = {
		"ATTRIBUTE", "FINDING", "SEVERITY", "SOURCE SAYS",
		"TARGET ACCEPTS", "WHAT TO DO"
	};
	struct table *table;

	if (!r->n_findings)
		return;
	table = table_new(sizeof(headers) / sizeof(headers[0]), headers);
	for (size_t i = 0; i < r->n_findings; i++)
		add_finding(cli, table, answer, &r->findings[i]);
	table_print(table, stdout, cli->color);
	table_free(table);
}

/* Where it stands, and why it may be of no use. */
static char *where_text(const struct vfiomig_result *r)
{
	const char *file = vfiomig_result_file(r), *host;
	const char *out = "";

	host = vfiomig_result_host(r);
	if (is_out(r))
		out = r->in_use ? "in use" : "none left";
	return format("%s%s%s%s%s", host ? host : "", host && file ? " " : "",
		      file ? file : "", *out && (host || file) ? ", " : "",
		      out);
}

static char *verdict_text(const struct vfiomig_result *r)
{
	return enum_text(vfiomig_verdict_name(r->verdict), r->verdict);
}

static void print_heading(const struct cli *cli,
			  const struct vfiomig_result *r)
{
	enum color color = cli->color ? verdict_color(r->verdict) : COLOR_NONE;
	char *handle = printable(r->handle), *verdict = verdict_text(r);
	char *where = where_text(r), *clean = printable(where);

	printf("%s%s%s  %s%s%s%s\n", color_on(color), verdict,
	       color_off(color), handle, *clean ? " (" : "", clean,
	       *clean ? ")" : "");
	free(clean);
	free(where);
	free(verdict);
	free(handle);
}

/* The finding that made the verdict: the first of the worst. */
static char *why_text(const struct vfiomig_result *r)
{
	const struct vfiomig_finding *worst = NULL;

	for (size_t i = 0; i < r->n_findings; i++) {
		const struct vfiomig_finding *f = &r->findings[i];

		/* settable is worse than info, and less than undecided */
		if (f->severity == VFIO_MIG_SEVERITY_INFO ||
		    (worst && f->severity <= worst->severity))
			continue;
		worst = f;
	}
	if (!worst)
		return format("-");
	return format("%s: %s", worst->attr, worst->message);
}

static void print_list(const struct cli *cli, const struct answer *answer)
{
	static const char * const headers[] = {
		"VERDICT", "TARGET", "WHERE", "WHY"
	};
	struct table *table;

	table = table_new(sizeof(headers) / sizeof(headers[0]), headers);
	for (size_t i = 0; i < answer->n; i++) {
		const struct vfiomig_result *r = answer->targets[i].result;
		char *where;

		if (!r)
			break;
		where = where_text(r);
		table_take(table, verdict_color(r->verdict), verdict_text(r));
		table_add(table, COLOR_NONE, r->handle);
		table_string(table, *where ? where : NULL);
		table_take(table, COLOR_NONE, why_text(r));
		free(where);
	}
	table_print(table, stdout, cli->color);
	table_free(table);
}

/* The verdict first, then what has led to it. */
static void print_details(const struct cli *cli, const struct answer *answer)
{
	for (size_t i = 0; i < answer->n; i++) {
		const struct target *t = &answer->targets[i];

		if (!t->result)
			break;
		if (i)
			putchar('\n');
		print_heading(cli, t->result);
		print_findings(cli, answer, t->result);
		if (cli->verbose)
			hints_print(cli, hints_of(answer->source), t->hints);
	}
}

static size_t count_judged(const struct answer *answer)
{
	size_t n = 0;

	while (n < answer->n && answer->targets[n].result)
		n++;

	return n;
}

/* Who reads JSON sees that there is none, though not why. */
static void print_none(const struct cli *cli, const struct answer *answer)
{
	if (!answer->named && !vfiomig_in_initial_netns())
		fprintf(stderr,
			"no candidate in this network namespace, which is not the initial one\n");
	else if (!cli->json)
		fprintf(stderr, "no candidate\n");
}

static void print_text(const struct cli *cli, const struct answer *answer)
{
	size_t judged = count_judged(answer);

	if (judged == 1 || cli->verbose)
		print_details(cli, answer);
	else if (judged)
		print_list(cli, answer);

	for (size_t i = judged; i < answer->n; i++)
		say_error(answer->targets[i].message);
}

void print_answer(const struct cli *cli, const struct answer *answer)
{
	if (!answer->n)
		print_none(cli, answer);
	if (!cli->json) {
		print_text(cli, answer);
		return;
	}
	document_written(vfiomig_check_write(answer->source, answer->n,
					     target_json, (void *)answer,
					     cli_json_flags(cli), stdout));
}
