// Instruction forms of x86-64 with what the architecture manual says they access.
//
// FORM(name, text, kind, size, base, index, valid): `kind` and `size` in bytes are of the access
// under test; `base` is the register that places it, `index` one that gets small values of either
// sign, `valid` one that points to valid memory, so that the other access of the instruction is
// under test. kNone where there is none.
#pragma once

#define HEIMDALLR_X86_FORMS(FORM)                                                    \
  FORM(load8, "mov al, [rbx]", kLoad, 1, kRbx, kNone, kNone)                         \
  FORM(load16, "mov ax, [r12+0x12345]", kLoad, 2, kR12, kNone, kNone)                \
  FORM(load32, "mov eax, [rbp-0x7f]", kLoad, 4, kRbp, kNone, kNone)                  \
  FORM(load64, "mov rax, [r13]", kLoad, 8, kR13, kNone, kNone)                       \
  FORM(load_sib1, "mov dl, [rbx+rcx*1]", kLoad, 1, kRbx, kRcx, kNone)                \
  FORM(load_sib4, "mov eax, [r13+r14*4+0x10]", kLoad, 4, kR13, kR14, kNone)          \
  FORM(load_sib8, "mov rax, [rsp+r15*8-0x20]", kLoad, 8, kRsp, kR15, kNone)          \
  FORM(load_index, "mov rax, [rcx*8+0x20000000]", kLoad, 8, kNone, kRcx, kNone)      \
  FORM(load_abs64, "movabs al, [0x200000001234]", kLoad, 1, kNone, kNone, kNone)     \
  FORM(load_abs32, "mov eax, ds:0x20000010", kLoad, 4, kNone, kNone, kNone)          \
  FORM(load_rip, "mov rax, [rip+0x70000000]", kLoad, 8, kNone, kNone, kNone)         \
  FORM(store_rip, "mov [rip+0x70000000], ecx", kStore, 4, kNone, kNone, kNone)       \
  FORM(imm_rip, "mov dword ptr [rip+0x70000000], 7", kStore, 4, kNone, kNone, kNone) \
  FORM(addr32, "mov eax, [ebx+ecx*2+16]", kLoad, 4, kNone, kRcx, kNone)              \
  FORM(addr32_store, "mov [r9d-8], rax", kStore, 8, kNone, kNone, kNone)             \
  FORM(load_fs, "mov rax, fs:[rbx]", kLoad, 8, kRbx, kNone, kNone)                   \
  FORM(store_fs, "mov fs:[r10+rcx*4+4], eax", kStore, 4, kR10, kRcx, kNone)          \
  FORM(store8, "mov [rdi], r9b", kStore, 1, kRdi, kNone, kNone)                      \
  FORM(store_imm, "mov dword ptr [rsi+8], 5", kStore, 4, kRsi, kNone, kNone)         \
  FORM(store64, "mov [rdi+rax*2], r11", kStore, 8, kRdi, kRax, kNone)                \
  FORM(movbe, "movbe eax, [rbx]", kLoad, 4, kRbx, kNone, kNone)                      \
  FORM(movnti, "movnti [rbx], rax", kStore, 8, kRbx, kNone, kNone)                   \
  FORM(movzx, "movzx eax, word ptr [rbx]", kLoad, 2, kRbx, kNone, kNone)             \
  FORM(movsxd, "movsxd rax, dword ptr [rbx]", kLoad, 4, kRbx, kNone, kNone)          \
  FORM(cmovz, "cmovz rax, [rbx]", kLoad, 8, kRbx, kNone, kNone)                      \
  FORM(cmovnz, "cmovnz rax, [rbx]", kLoad, 8, kRbx, kNone, kNone)                    \
  FORM(setz, "setz byte ptr [rbx]", kStore, 1, kRbx, kNone, kNone)                   \
  FORM(cmp, "cmp [rbx], eax", kLoad, 4, kRbx, kNone, kNone)                          \
  FORM(test, "test byte ptr [rbx], 3", kLoad, 1, kRbx, kNone, kNone)                 \
  FORM(imul, "imul eax, [rbx], 7", kLoad, 4, kRbx, kNone, kNone)                     \
  FORM(add_load, "add rax, [rbx]", kLoad, 8, kRbx, kNone, kNone)                     \
  FORM(add_store, "add [rbx], eax", kLoadStore, 4, kRbx, kNone, kNone)               \
  FORM(lock_inc, "lock inc qword ptr [r8]", kLoadStore, 8, kR8, kNone, kNone)        \
  FORM(xadd, "lock xadd [rdi], ecx", kLoadStore, 4, kRdi, kNone, kNone)              \
  FORM(xchg, "xchg [rdi], rax", kLoadStore, 8, kRdi, kNone, kNone)                   \
  FORM(cmpxchg, "cmpxchg [rdi], ecx", kLoadStore, 4, kRdi, kNone, kNone)             \
  FORM(cmpxchg8b, "cmpxchg8b [rdi]", kLoadStore, 8, kRdi, kNone, kNone)              \
  FORM(shl, "shl dword ptr [rbx], 3", kLoadStore, 4, kRbx, kNone, kNone)             \
  FORM(not_mem, "not word ptr [rbx]", kLoadStore, 2, kRbx, kNone, kNone)             \
  FORM(bt_reg32, "bt [rdi], eax", kLoad, 4, kRdi, kRax, kNone)                       \
  FORM(bts_reg64, "bts [rdi], rax", kLoadStore, 8, kRdi, kRax, kNone)                \
  FORM(btc_reg16, "btc [rdi], ax", kLoadStore, 2, kRdi, kRax, kNone)                 \
  FORM(bt_imm, "bt dword ptr [rdi], 37", kLoad, 4, kRdi, kNone, kNone)               \
  FORM(movups_load, "movups xmm0, [rbx]", kLoad, 16, kRbx, kNone, kNone)             \
  FORM(movups_store, "movups [rbx], xmm0", kStore, 16, kRbx, kNone, kNone)           \
  FORM(movss, "movss xmm0, [rbx]", kLoad, 4, kRbx, kNone, kNone)                     \
  FORM(movhps, "movhps [rbx], xmm0", kStore, 8, kRbx, kNone, kNone)                  \
  FORM(addsd, "addsd xmm0, [rbx+rcx*8]", kLoad, 8, kRbx, kRcx, kNone)                \
  FORM(pextrd, "pextrd [rbx], xmm0, 1", kStore, 4, kRbx, kNone, kNone)               \
  FORM(fld80, "fld tbyte ptr [rbx]", kLoad, 10, kRbx, kNone, kNone)                  \
  FORM(fstp80, "fstp tbyte ptr [rbx]", kStore, 10, kRbx, kNone, kNone)               \
  FORM(fild16, "fild word ptr [rbx]", kLoad, 2, kRbx, kNone, kNone)                  \
  FORM(push, "push rax", kStore, 8, kRsp, kNone, kNone)                              \
  FORM(push_rsp, "push rsp", kStore, 8, kRsp, kNone, kNone)                          \
  FORM(push_imm, "push 5", kStore, 8, kRsp, kNone, kNone)                            \
  FORM(push16, "push ax", kStore, 2, kRsp, kNone, kNone)                             \
  FORM(pushfq, "pushfq", kStore, 8, kRsp, kNone, kNone)                              \
  FORM(push_mem_load, "push qword ptr [rbx]", kLoad, 8, kRbx, kNone, kRsp)           \
  FORM(push_mem_store, "push qword ptr [rbx]", kStore, 8, kRsp, kNone, kRbx)         \
  FORM(pop, "pop rax", kLoad, 8, kRsp, kNone, kNone)                                 \
  FORM(pop16, "pop ax", kLoad, 2, kRsp, kNone, kNone)                                \
  FORM(popfq, "popfq", kLoad, 8, kRsp, kNone, kNone)                                 \
  FORM(pop_mem_store, "pop qword ptr [rbx+8]", kStore, 8, kRbx, kNone, kRsp)         \
  FORM(pop_mem_load, "pop qword ptr [rbx+8]", kLoad, 8, kRsp, kNone, kRbx)           \
  FORM(call_reg, "call rax", kStore, 8, kRsp, kNone, kNone)                          \
  FORM(call_mem_load, "call qword ptr [rbx]", kLoad, 8, kRbx, kNone, kRsp)           \
  FORM(call_mem_store, "call qword ptr [rbx]", kStore, 8, kRsp, kNone, kRbx)         \
  FORM(jmp_mem, "jmp qword ptr [rbx+rcx*8]", kLoad, 8, kRbx, kRcx, kNone)            \
  FORM(ret, "ret", kLoad, 8, kRsp, kNone, kNone)                                     \
  FORM(ret_imm, "ret 16", kLoad, 8, kRsp, kNone, kNone)                              \
  FORM(leave, "leave", kLoad, 8, kRbp, kNone, kNone)                                 \
  FORM(enter, "enter 32, 0", kStore, 8, kNone, kNone, kNone)                         \
  FORM(movsq_store, "movsq", kStore, 8, kRdi, kNone, kRsi)                           \
  FORM(movsq_load, "movsq", kLoad, 8, kRsi, kNone, kRdi)                             \
  FORM(rep_movsb_store, "rep movsb", kStore, 1, kRdi, kNone, kRsi)                   \
  FORM(rep_movsb_load, "rep movsb", kLoad, 1, kRsi, kNone, kRdi)                     \
  FORM(rep_stosq, "rep stosq", kStore, 8, kRdi, kNone, kNone)                        \
  FORM(stosb, "stosb", kStore, 1, kRdi, kNone, kNone)                                \
  FORM(lodsw, "lodsw", kLoad, 2, kRsi, kNone, kNone)                                 \
  FORM(repne_scasb, "repne scasb", kLoad, 1, kRdi, kNone, kNone)                     \
  FORM(cmpsq_first, "cmpsq", kLoad, 8, kRsi, kNone, kRdi)                            \
  FORM(cmpsq_second, "cmpsq", kLoad, 8, kRdi, kNone, kRsi)                           \
  FORM(xlat, "xlatb", kLoad, 1, kRbx, kNone, kNone)

/// The same for processors with AVX2.
#define HEIMDALLR_X86_AVX2_FORMS(FORM)                                                   \
  FORM(vmovups_load, "vmovups ymm0, [rbx]", kLoad, 32, kRbx, kNone, kNone)               \
  FORM(vmovups_store, "vmovups [rbx], ymm0", kStore, 32, kRbx, kNone, kNone)             \
  FORM(vbroadcastss, "vbroadcastss ymm0, dword ptr [rbx]", kLoad, 4, kRbx, kNone, kNone) \
  FORM(vpmovzxbd, "vpmovzxbd ymm0, qword ptr [rbx]", kLoad, 8, kRbx, kNone, kNone)       \
  FORM(vextracti128, "vextracti128 [rbx], ymm0, 1", kStore, 16, kRbx, kNone, kNone)      \
  FORM(vfmadd, "vfmadd231sd xmm0, xmm1, [rbx+rcx*8]", kLoad, 8, kRbx, kRcx, kNone)

/// And with AVX-512.
#define HEIMDALLR_X86_AVX512_FORMS(FORM)                                         \
  FORM(vmovups512_load, "vmovups zmm0, [rbx+64]", kLoad, 64, kRbx, kNone, kNone) \
  FORM(vmovups512_store, "vmovups [rbx], zmm0", kStore, 64, kRbx, kNone, kNone)  \
  FORM(vaddps_broadcast, "vaddps zmm0, zmm1, dword ptr [rbx]{1to16}", kLoad, 4, kRbx, kNone, kNone)
