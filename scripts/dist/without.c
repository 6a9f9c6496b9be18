// Runs a program on this processor as if it lacked some of its instructions:
//
//   without FEATURE,FEATURE PROGRAM ARGUMENT...
//
// The system lets no process of it ask the processor what it has (CPUID faults, which
// Intel's processors can), and the question is answered here, without those features. So it
// shows what a program chooses then and that it works, not that it never runs such an
// instruction: that does not fault.
#include <cpuid.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EAX,
       EBX,
       ECX,
       EDX };
static const struct {
    const char *name;
    unsigned leaf, subleaf, word, bit;
} features[] = {
    {"fma", 1, 0, ECX, 12},
    {"f16c", 1, 0, ECX, 29},
    {"avx2", 7, 0, EBX, 5},
    {"avx512f", 7, 0, EBX, 16},
    {"avx512dq", 7, 0, EBX, 17},
    {"avx512cd", 7, 0, EBX, 28},
    {"avx512bw", 7, 0, EBX, 30},
    {"avx512vl", 7, 0, EBX, 31},
    {"avx512vnni", 7, 0, ECX, 11},
    {"amx_bf16", 7, 0, EDX, 22},
    {"amx_tile", 7, 0, EDX, 24},
    {"amx_int8", 7, 0, EDX, 25},
    {"avx512fp16", 7, 0, EDX, 23},
    {"avxvnni", 7, 1, EAX, 4},
    {"avx512bf16", 7, 1, EAX, 5},
};
enum { FEATURES = sizeof features / sizeof *features };
static int hidden[FEATURES];

static void fail(const char *what) {
    fprintf(stderr, "without: %s: %s\n", what, strerror(errno));
    exit(125);
}

// hide marks the features of a list with commas, which it takes apart.
static void hide(char *list) {
    for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
        size_t i = 0;
        while (i < FEATURES && strcmp(features[i].name, name) != 0) i++;
        if (i == FEATURES) {
            fprintf(stderr, "without: no feature is called %s here\n", name);
            exit(125);
        }
        hidden[i] = 1;
    }
}

static void resume(pid_t pid, int signal) {
    // It may have been killed since it stopped.
    if (ptrace(PTRACE_CONT, pid, 0, signal) != 0 && errno != ESRCH) fail("going on");
}

// forbid makes the thread, which has just started another program, and all that it starts
// fault where they ask: by a call of the system that is put into the program's way. The
// kernel forgets it whenever a program is started.
static void forbid(pid_t pid) {
    struct user_regs_struct before, regs;
    int status;
    if (ptrace(PTRACE_SYSCALL, pid, 0, 0) != 0 || waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) fail("starting");
    if (ptrace(PTRACE_GETREGS, pid, 0, &before) != 0) fail("reading registers");
    errno = 0;
    const long code = ptrace(PTRACE_PEEKTEXT, pid, before.rip, 0);
    if (errno) fail("reading code");
    regs = before;
    regs.orig_rax = -1;
    regs.rax = SYS_arch_prctl;
    regs.rdi = 0x1012; // ARCH_SET_CPUID
    regs.rsi = 0;
    ptrace(PTRACE_SETREGS, pid, 0, &regs);
    ptrace(PTRACE_POKETEXT, pid, before.rip, (code & ~0xffffL) | 0x050f); // syscall
    if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) != 0 || waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) fail("a call");
    ptrace(PTRACE_GETREGS, pid, 0, &regs);
    if (regs.rax != 0) {
        errno = -(int)regs.rax;
        fail("this processor or system cannot forbid CPUID");
    }
    ptrace(PTRACE_POKETEXT, pid, before.rip, code);
    ptrace(PTRACE_SETREGS, pid, 0, &before);
}

// answer says what CPUID would, without what is hidden; 0 if the thread faulted elsewhere.
static int answer(pid_t pid) {
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, 0, &regs) != 0) return 0;
    errno = 0;
    if ((ptrace(PTRACE_PEEKTEXT, pid, regs.rip, 0) & 0xffff) != 0xa20f || errno) return 0;
    const unsigned leaf = (unsigned)regs.rax, subleaf = (unsigned)regs.rcx;
    unsigned words[4] = {0};
    __cpuid_count(leaf, subleaf, words[EAX], words[EBX], words[ECX], words[EDX]);
    for (size_t i = 0; i < FEATURES; i++)
        if (hidden[i] && leaf == features[i].leaf && (leaf == 1 || subleaf == features[i].subleaf)) words[features[i].word] &= ~(1u << features[i].bit);
    regs.rax = words[EAX];
    regs.rbx = words[EBX];
    regs.rcx = words[ECX];
    regs.rdx = words[EDX];
    regs.rip += 2;
    return ptrace(PTRACE_SETREGS, pid, 0, &regs) == 0;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: without FEATURE,FEATURE PROGRAM ARGUMENT...\n");
        return 125;
    }
    hide(argv[1]);
    const pid_t program = fork();
    if (program < 0) fail("fork");
    if (program == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execvp(argv[2], argv + 2);
        fail(argv[2]);
    }
    int status, code = 125;
    if (waitpid(program, &status, 0) != program) fail("waiting");
    const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
    if (ptrace(PTRACE_SETOPTIONS, program, 0, options) != 0) fail("tracing");
    resume(program, 0);

    for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
        if (pid < 0) continue;
        if (WIFSTOPPED(status)) {
            const int event = status >> 16;
            int signal = WSTOPSIG(status);
            if (event == PTRACE_EVENT_EXEC) forbid(pid);
            // Every new thread stops once, by itself.
            if (event || signal == SIGSTOP || (signal == SIGSEGV && answer(pid))) signal = 0;
            resume(pid, signal);
        } else if (pid == program) {
            code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
    }
    return code;
}
