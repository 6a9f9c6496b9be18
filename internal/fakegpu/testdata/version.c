// Stands for the libggml-base.so beside a backend, which tells the version that it
// was built with: the fake one is always built with ours.
#include <dlfcn.h>

const char *ggml_version(void) {
    const char *(*ours)(void) = (const char *(*)(void))dlsym(RTLD_DEFAULT, "ggml_version");
    return ours();
}
