/* SPDX-License-Identifier: Apache-2.0 */
/* Actor: a program of the image that does nothing at all; what execs in bulk execute. */
int main(void)
{
	return 0;
}
