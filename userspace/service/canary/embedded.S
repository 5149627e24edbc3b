/* SPDX-License-Identifier: Apache-2.0 */
/* The program of canary/image.c, as the Makefile built it. */
	.section .rodata
	.balign 16
	.global sw_canary_image, sw_canary_image_end
sw_canary_image:
	.incbin "canary"
sw_canary_image_end:
	.byte 0
	.section .note.GNU-stack,"",%progbits
