// Package weights holds what the packages below it share about model files:
// gguf reads and writes them, safetensors reads Hugging Face's, convert turns
// one into the other, imatrix reads what a quantizer wants to know of them, and
// synthetic makes random ones; chunk describes them by their digests, store
// keeps them and pack carries them.
package weights
