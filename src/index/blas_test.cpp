// FAISS needs a BLAS; the reference one is many times slower than OpenBLAS.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

extern "C" {
void sgemm_();
char* openblas_get_config();
}

namespace twhin {
namespace {

TEST(Blas, IsOpenBlas) {
  Dl_info found{};
  ASSERT_NE(::dladdr(reinterpret_cast<void*>(&sgemm_), &found), 0);
  RecordProperty("library", found.dli_fname);
  RecordProperty("config", openblas_get_config());
  EXPECT_THAT(found.dli_fname, ::testing::HasSubstr("openblas")) << openblas_get_config();
  EXPECT_THAT(openblas_get_config(), ::testing::HasSubstr("OpenBLAS"));
}

}  // namespace
}  // namespace twhin
