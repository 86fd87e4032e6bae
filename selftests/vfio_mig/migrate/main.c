// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_migrate - migrate VFIO devices on one host, and look whether it worked
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "json.h"

static const char usage[] =
"vfio_migrate - migrate VFIO devices on one host, and look whether it worked\n"
"\n"
"usage: vfio_migrate --WORD[=VALUE]...     one job (or --WORD VALUE)\n"
"       vfio_migrate --batch <JOBS         one job a line: WORD[=VALUE]...\n"
"\n"
"Each job is answered by one JSON object on one line. A device is BUS/NAME, a\n"
"folder in sysfs, or the name of an mdev, PCI or platform device. Devices stay\n"
"open from one job to the next, until a line 'close' or the end. They are reset\n"
"before each migration. Lines that are empty or begin with # are left out.\n"
"\n"
"a migration:\n"
"  source=DEV        the device that leaves; what of it is memory is filled\n"
"  target=DEV        the device that it becomes; its memory must be the same\n"
"  save=FILE         keep the stream; without target= that is all\n"
"  load=FILE         the stream comes from there; what the memory must be is\n"
"                    known only with the seed= and pre-copy= of that time\n"
"  pre-copy[=N]      begin while the source runs, and change its memory N times\n"
"  chunk=BYTES       read and write so much at a time (65536)\n"
"  limit=BYTES       a longer stream is an error (256 MiB)\n"
"memory (default: the first region of 4 KiB to 16 MiB, of a PCI device a BAR):\n"
"  region=N          fill and compare this region; may be given several times\n"
"  offset=O length=L only that part of the region= before it\n"
"  seed=N            what to fill it with; 0: something else each time\n"
"damage to the stream, done in the order in which it is given:\n"
"  cut=N             only N bytes of it\n"
"  flip=N            bit N % 8 of byte N / 8\n"
"  replay=N swap=N drop=N   chunk N twice, after the next one, or never\n"
"  endless[=BYTES]   it begins again at its end (for 16 MiB)\n"
"many migrations of one stream, damaged:\n"
"  sweep=KIND,...    every cut, flip, replay, swap, drop, endless; or random\n"
"  first=N step=N    only each so many-th place, from that one on\n"
"  count=N           only so many\n"
"the protocol:\n"
"  arcs=DEV          does the device do what <linux/vfio.h> promises?\n"
"  skip=NAME,...     but leave out these checks: arc, forbidden, reset, eof, fd,\n"
"                    incomplete, pre-copy, enomsg, user, close. Linux 6.12 hangs\n"
"                    in forbidden, unless the driver itself refuses it\n"
"any:\n"
"  via=group|cdev    how to open devices (cdev where the kernel has it)\n"
"\n"
"exit status: 0 the same memory; 1 other memory, or a promise broken; 2 usage;\n"
"3 the target refused the stream; 4 a device does not migrate; 5 anything else\n"
"went wrong. Of a batch: the highest of its jobs.\n";

static int refuse(const struct fault *fault)
{
	json_begin(NULL, '{');
	json_str("result", "usage");
	json_fault("error", fault);
	json_end('}');
	json_line();
	return EXIT_USAGE;
}

static int from_arguments(int argc, char **argv)
{
	struct fault fault = { 0 };
	char *word, *value;
	struct job job;
	int i;

	job_init(&job);
	for (i = 1; i < argc; i++) {
		word = argv[i];
		if (strncmp(word, "--", 2)) {
			fault_set(&fault, "usage", EINVAL,
				  "words begin with --: %s", word);
			return refuse(&fault);
		}
		word += 2;
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		else if (job_takes(word) && i + 1 < argc)
			value = argv[++i];
		if (job_word(&job, word, value, &fault))
			return refuse(&fault);
	}
	return job_check(&job, &fault) ? refuse(&fault) : job_run(&job);
}

static int from_line(char *line)
{
	struct fault fault = { 0 };
	char *word, *value, *at;
	struct job job;

	job_init(&job);
	for (word = strtok_r(line, " \t\n", &at); word;
	     word = strtok_r(NULL, " \t\n", &at)) {
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		if (job_word(&job, word, value, &fault))
			return refuse(&fault);
	}
	return job_check(&job, &fault) ? refuse(&fault) : job_run(&job);
}

static int from_batch(void)
{
	int worst = EXIT_SAME, status;
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!line[strspn(line, " \t")] || *line == '#')
			continue;
		if (!strcmp(line, "close")) {
			device_put_all();
			continue;
		}
		status = from_line(line);
		if (status > worst)
			worst = status;
	}
	free(line);
	return worst;
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 2 || !strcmp(argv[1], "--help")) {
		fprintf(argc < 2 ? stderr : stdout, "%s", usage);
		return argc < 2 ? EXIT_USAGE : 0;
	}
	status = argc == 2 && !strcmp(argv[1], "--batch") ?
		 from_batch() : from_arguments(argc, argv);
	device_put_all();
	return status;
}
