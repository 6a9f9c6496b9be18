// Debian 12's Vulkan headers (1.3.239) are older than VK_EXT_layer_settings
// (1.3.261), whose three types ggml-vulkan names whether or not they are used.
#pragma once
#include_next <vulkan/vulkan.hpp>

#include <vector>

#if VK_HEADER_VERSION < 261
namespace vk {
enum class LayerSettingTypeEXT { eBool32 = 0 };

struct LayerSettingEXT {
    const char *        pLayerName;
    const char *        pSettingName;
    LayerSettingTypeEXT type;
    uint32_t            valueCount;
    const void *        pValues;
};

struct LayerSettingsCreateInfoEXT {
    uint32_t                sType = 1000496000; // VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT
    const void *            pNext = nullptr;
    uint32_t                settingCount = 0;
    const LayerSettingEXT * pSettings = nullptr;

    LayerSettingsCreateInfoEXT(const std::vector<LayerSettingEXT> & v)
        : settingCount((uint32_t) v.size()), pSettings(v.data()) {}
};
} // namespace vk
#endif
