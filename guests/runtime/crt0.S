# Entry, as Linux enters a program: sp points at argc, argv[0..], NULL, envp.., NULL, auxv.
.section .text.entry, "ax"
.globl _start
_start:
.option push
.option norelax
    la   gp, __global_pointer$
.option pop
    la   tp, __tls_base
    lw   a0, 0(sp)
    addi a1, sp, 4
    andi sp, sp, -16
    call main
    call exit
