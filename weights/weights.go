// Package weights holds what the packages below it share about model files:
// gguf reads and writes them, safetensors reads Hugging Face's, convert turns
// one into the other, and synthetic makes random ones.
package weights
