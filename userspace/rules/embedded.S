/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime benchmark's two documents, as they stand in content/. */
	.section .rodata
	.global sw_embedded_xccdf, sw_embedded_xccdf_end, sw_embedded_defs, sw_embedded_defs_end
sw_embedded_xccdf:
	.incbin "stigwatch-runtime-xccdf.xml"
sw_embedded_xccdf_end:
sw_embedded_defs:
	.incbin "stigwatch-runtime-defs.xml"
sw_embedded_defs_end:
	.byte 0
	.section .note.GNU-stack,"",%progbits
