/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit on hostile input, in one place, with the reason for its value. */
#pragma once

#define SW_LIMIT_XML_BYTES                                                                         \
	(256u << 20)			/* largest document read; SSG's largest stream is 40 MiB   \
					 */
#define SW_LIMIT_XML_DEPTH 128		/* OVAL criteria nest; real content stays under 30 */
#define SW_LIMIT_TEXT_BYTES (64u << 20) /* largest file a text test reads */
#define SW_LIMIT_REGEX_MATCH                                                                       \
	10000000u /* pcre2 match limit: ends catastrophic patterns in under 1 s */
#define SW_LIMIT_REGEX_DEPTH 1000000u  /* pcre2 depth (heap) limit */
#define SW_LIMIT_REGEX_HEAP_KIB 65536u /* pcre2 heap limit */
#define SW_LIMIT_REGEX_PATTERN 65536u  /* bytes of one pattern */
#define SW_LIMIT_MATCHES 100000u       /* matches of one pattern in one file */
#define SW_LIMIT_PATH 4096	       /* bytes of one path inside a target */
#define SW_LIMIT_WALK_DEPTH 1024       /* directories below each other */
#define SW_LIMIT_WALK_ENTRIES 5000000u /* objects in one target */
#define SW_LIMIT_REMEMBERED                                                                        \
	(96u << 20) /* bytes that a scan remembers of directories; 100,000 files take 20 MiB */
#define SW_LIMIT_CRITERIA_DEPTH 64 /* nested criteria and extend_definition */
#define SW_LIMIT_MESSAGE 32768	   /* bytes of one message in a result */
#define SW_LIMIT_ENV 4096	   /* variables of one image */
#define SW_LIMIT_JSON_BYTES                                                                        \
	(64u << 20)	       /* largest JSON document read (inspect, config, baseline line) */
#define SW_LIMIT_JSON_DEPTH 32 /* nesting of any JSON we read */
#define SW_LIMIT_JSON_CONTAINERS                                                                   \
	200000u			/* objects and arrays in one document; each takes up to 700 bytes */
#define SW_LIMIT_SCE_SECONDS 10 /* run time of one script */
#define SW_LIMIT_SCE_OUTPUT (64u << 10) /* bytes kept of a script's output */
#define SW_LIMIT_EVIDENCE_LINE                                                                     \
	(1u << 20) /* bytes of one evidence record with its newline (FORMAT.md) */
#define SW_LIMIT_EVIDENCE_SEGMENT                                                                  \
	(64u << 20) /* an evidence file that would grow past this is rolled */
#define SW_LIMIT_DOCKER_BYTES                                                                      \
	(8u << 20)		   /* one answer of a container daemon; a list of 1,000 is 2 MiB */
#define SW_LIMIT_DOCKER_SECONDS 10 /* for one answer */
#define SW_LIMIT_CONTAINERS 10000u /* containers of one daemon */
#define SW_LIMIT_LAYERS 500u	   /* overlayfs' own limit (OVL_MAX_STACK) */
#define SW_LIMIT_BASELINE_LINE (64u << 10) /* one line of a baseline file: two paths, escaped */
#define SW_LIMIT_SYMLINKS 40 /* links followed while resolving one path, as the kernel does */
#define SW_LIMIT_FILE_BYTES                                                                        \
	(16ull << 30) /* one file that is hashed: a sparse file costs time without disk */
#define SW_LIMIT_SPOOL (16ull << 30)  /* bytes of one part of a results document, on disk */
#define SW_LIMIT_OVAL_ITEMS 10000000u /* items one results document holds; 24 bytes each */
#define SW_LIMIT_SET_ITEMS 200000u    /* items an OVAL set holds in memory */
#define SW_LIMIT_OVAL_SESSIONS                                                                     \
	256 /* documents of one scan, one more for each other value of a variable */
#define SW_LIMIT_XPATH_STEPS 10000000u	 /* of one XPath expression: under 1 s */
#define SW_LIMIT_VARIABLE_VALUES 100000u /* values of one OVAL variable (concat multiplies) */

/* YAML of targets. */
#define SW_LIMIT_YAML_BYTES (8u << 20) /* one file */
#define SW_LIMIT_YAML_NODES 200000u    /* of one file: 100 bytes each and its text */
#define SW_LIMIT_YAML_DEPTH 128	       /* nesting; segments of a path */
#define SW_LIMIT_YAML_ANCHORS 1000u    /* of one document */
#define SW_LIMIT_YAML_STEPS 1000000u   /* nodes visited for one path, through aliases */

/* Databases of rpm. */
#define SW_LIMIT_RPM_HEADER                                                                        \
	(32u << 20) /* one package's header; the largest real ones have 10 MiB, so have its paths  \
		     */
#define SW_LIMIT_RPM_PAGES 4194304u   /* of one database: 16 GiB in SQLite's usual size */
#define SW_LIMIT_RPM_FILES 200000u    /* paths of one package */
#define SW_LIMIT_RPM_PACKAGES 100000u /* of one target; a large system has 5,000 */
#define SW_LIMIT_RPM_KEPT (32u << 20) /* bytes of what is remembered of all of them */

/* Images in archives. Index, zstd's largest window (128 MiB) and the program fit 256 MiB together.
 */
#define SW_LIMIT_IMAGE_MANIFEST                                                                    \
	(4u << 20) /* bytes of an index, a manifest or a configuration (OCI: at least 4 MiB) */
#define SW_LIMIT_IMAGE_NESTING 4      /* indexes inside indexes; real ones have one or two */
#define SW_LIMIT_IMAGE_CHOICES 10000u /* images of one archive */
#define SW_LIMIT_IMAGE_MEMBERS 20000u /* files of the archive itself; two for a layer at most */
#define SW_LIMIT_IMAGE_ENTRIES                                                                     \
	1000000u /* tar entries of all layers; the largest images have 400,000 */
#define SW_LIMIT_IMAGE_INDEX                                                                       \
	(96u << 20) /* bytes that the index of all layers takes, kept small files not included */
#define SW_LIMIT_IMAGE_RATIO                                                                       \
	100u /* unpacked bytes for each byte of the archive, after the first: */
#define SW_LIMIT_IMAGE_FREE (1ull << 30) /* unpacked bytes that any archive may have */
#define SW_LIMIT_IMAGE_PATH_STEPS                                                                  \
	4096u /* names looked up to resolve one path, those of links included */
#define SW_LIMIT_IMAGE_STEPS 100000000u	       /* and for all paths of one image: about 10 s */
#define SW_LIMIT_IMAGE_REPEATED (256ull << 20) /* bytes of layers that are there a second time */
#define SW_LIMIT_TAR_HEADER (1u << 20) /* bytes of one pax header, long name or sparse map */
#define SW_LIMIT_TAR_HEADERS 16	       /* such headers in front of one entry */
#define SW_LIMIT_TAR_SPARSE 65536u     /* parts of one sparse file */
#define SW_LIMIT_IMAGE_KEEP_FILE                                                                   \
	(64u << 10) /* a file of a compressed layer up to this size stays in memory, */
#define SW_LIMIT_IMAGE_KEEP (16u << 20) /* up to this much in all */
#define SW_LIMIT_IMAGE_REWINDS                                                                     \
	3 /* readings of a compressed layer from its start before it is spooled */
#define SW_LIMIT_IMAGE_SPOOL                                                                       \
	(16ull << 30) /* bytes of spooled layers on disk, in unlinked files                        \
		       */
#define SW_LIMIT_IMAGE_MEMFD                                                                       \
	(64u << 20) /* larger contents are handed out on disk, not in memory                       \
		     */
